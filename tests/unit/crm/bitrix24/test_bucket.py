from itgrix_core.crm.bitrix24.bucket import Bucket


def test_a_burst_passes_and_the_next_is_told_how_long_to_stay_away(clock):
    """Capacity at once, then the drain's pace; a refusal costs nothing."""
    bucket = Bucket(3, 2.0, clock)
    assert [bucket.take() for _ in range(5)] == [0.0, 0.0, 0.0, 0.5, 0.5]
    clock.at += 0.5
    assert bucket.take() == 0.0
    assert bucket.take() == 0.5


def test_an_idle_bucket_holds_one_burst_and_no_more(clock):
    """Nothing is saved up."""
    bucket = Bucket(2, 2.0, clock)
    clock.at += 3600
    assert [bucket.take() for _ in range(3)] == [0.0, 0.0, 0.5]


def test_the_portal_is_believed_when_it_says_full(clock):
    """Somebody else drinks from it, too."""
    bucket = Bucket(50, 2.0, clock)
    bucket.fill()
    assert bucket.take() == 0.5
