import pytest

from itgrix_core.crm.bitrix24.address import webhook

CODE = "ab12cd34"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://acme.example.com/rest/7/ab12cd34/",
        "https://acme.example.com/rest/7/ab12cd34",
        "  https://acme.example.com/rest/7/ab12cd34///  ",
        "https://acme.example.com//rest/7/ab12cd34/profile.json",
        "https://acme.example.com/rest/7/ab12cd34/crm.lead.list",
        "https://acme.example.com/rest/7/ab12cd34/?auth=1#x",
    ],
)
def test_an_address_is_understood_however_it_was_pasted(pasted):
    """Slashes, an example method and a query make no difference."""
    url, body = webhook(pasted).sign("crm.lead.get", {"id": 1})
    assert url == "https://acme.example.com/rest/7/ab12cd34/crm.lead.get.json"
    assert body == {"id": 1}


def test_a_port_and_a_folder_of_a_boxed_portal_are_kept():
    """A boxed portal may live anywhere."""
    url, _ = webhook("https://b24.example.com:8443/sub/rest/1/ab12cd34/").sign("profile", {})
    assert url == "https://b24.example.com:8443/sub/rest/1/ab12cd34/profile.json"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "acme.example.com/rest/1/ab12cd34/",
        "https://acme.example.com/",
        "https://acme.example.com/rest/ab12cd34/",
        "https://u:p@acme.example.com/rest/1/ab12cd34/",
        "ftp://acme.example.com/rest/1/ab12cd34/",
        "https://acme.example.com:port/rest/1/ab12cd34/",
        "https://[::1/rest/1/ab12cd34/",
        "http://acme.example.com/rest/1/ab12cd34/",
    ],
)
def test_a_wrong_address_is_refused_with_the_way_out_and_without_its_code(pasted):
    """The sentence shows the right shape or scheme, never what was pasted."""
    with pytest.raises(ValueError, match="https://") as caught:
        webhook(pasted)
    assert CODE not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:81"])
def test_plain_http_is_for_this_machine_only(host):
    """The sandbox needs no TLS."""
    assert webhook(f"http://{host}/rest/1/ab12cd34/").portal == f"http://{host}"


def test_the_code_shows_in_no_repr_and_is_wiped_from_texts():
    """A webhook's address is a password."""
    auth = webhook("https://acme.example.com/rest/7/ab12cd34/")
    assert CODE not in repr(auth)
    assert auth.redact("POST /rest/7/ab12cd34/profile failed") == "POST /rest/7/***/profile failed"
