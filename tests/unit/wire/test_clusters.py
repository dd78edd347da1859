"""Rows that belong together come together, and no sooner than they are whole."""

from itgrix_core.wire.clusters import OLDEST_SECONDS, Clusters
from itgrix_core.wire.rows import CelRow


def row(event, uniqueid, linkedid="", at=100.0, **more):
    """A row of CEL."""
    return CelRow(event, at, uniqueid, linkedid or uniqueid, f"PJSIP/{uniqueid}-00000001", **more)


def fed(clusters, *rows):
    """The clusters that are over by these rows."""
    return [cluster for each in rows for cluster in clusters.add(each)]


def test_a_cluster_is_over_with_the_last_of_its_channels():
    """Not with the first, and LINKEDID_END adds nothing."""
    clusters = Clusters()
    assert fed(clusters, row("CHAN_START", "1"), row("CHAN_START", "2", "1"), row("CHAN_END", "1")) == []
    (cluster,) = fed(clusters, row("CHAN_END", "2", "1"), row("LINKEDID_END", "2", "1"))
    assert cluster.uniqueids == ["1", "2"]
    assert (cluster.is_over, cluster.is_cut, len(clusters)) == (True, False, 0)


def test_calls_side_by_side_stay_apart():
    """Each comes at its own end."""
    clusters = Clusters()
    over = fed(clusters, *(row(e, u) for e in ("CHAN_START", "CHAN_END") for u in ("1", "2")))
    assert [cluster.uniqueids for cluster in over] == [["1"], ["2"]]


def test_a_bridge_a_transfer_and_a_changed_linkedid_bring_calls_together():
    """Each of the three alone."""
    start = (row("CHAN_START", "1"), row("CHAN_START", "2"))
    bridge = {"bridge_id": "b", "bridge_technology": "simple_bridge"}
    for evidence in (
        (row("BRIDGE_ENTER", "1", extra=bridge), row("BRIDGE_ENTER", "2", extra=bridge)),
        (row("ATTENDEDTRANSFER", "1", extra={"channel2_uniqueid": "2"}),),
        (row("BRIDGE_ENTER", "2", "1"),),
        (row("BRIDGE_ENTER", "1"), row("BRIDGE_ENTER", "2", peer="PJSIP/1-00000001")),
    ):
        clusters = Clusters()
        assert fed(clusters, *start, *evidence, row("CHAN_END", "1")) == []
        (cluster,) = fed(clusters, row("CHAN_END", "2"))
        assert cluster.uniqueids == ["1", "2"]
        assert [each.event for each in cluster.in_order()][:2] == ["CHAN_START", "CHAN_START"]


def test_those_who_wait_in_one_place_stay_apart():
    """A parking lot's bridge is no talk."""
    clusters, lot = Clusters(), {"bridge_id": "b", "bridge_technology": "holding_bridge"}
    fed(clusters, *(row("CHAN_START", u) for u in "12"), *(row("BRIDGE_ENTER", u, extra=lot) for u in "12"))
    assert len(fed(clusters, row("CHAN_END", "1"))) == 1


def test_what_began_before_the_rows_is_cut():
    """There is an end without a beginning."""
    (cluster,) = fed(Clusters(), row("CHAN_END", "1"))
    assert cluster.is_cut


def test_what_gets_no_end_is_given_up_by_its_age():
    """A PBX that crashed says nothing any more; nothing is held for ever."""
    clusters = Clusters()
    fed(clusters, row("CHAN_START", "1"))
    over = fed(clusters, row("CHAN_START", "2", at=101.0 + OLDEST_SECONDS))
    assert [cluster.uniqueids for cluster in over] == [["1"]]
    assert not over[0].is_over
    assert [cluster.uniqueids for cluster in clusters.rest()] == [["2"]]


def test_a_late_row_of_a_call_that_is_over_makes_no_call():
    """Its channel is known to be gone."""
    clusters = Clusters()
    fed(clusters, row("CHAN_START", "1"), row("CHAN_END", "1"), row("HANGUP", "1"))
    assert clusters.rest() == []
