from __future__ import annotations

import pytest

from tests.factories import make_programme
from tests.web.public.conftest import Visit
from wmd.web.public.zone import local_path

FOREIGN = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
    "https:evil.example", "javascript:alert(1)", "evil.example", "", "/\tevil", "/x\r\nSet-Cookie: a=b", "/\n/evil",
    "/ /evil.example", "/" + "a" * 3000, "/é",
]  # fmt: skip


@pytest.mark.parametrize("asked", FOREIGN)
def test_local_path_of_anything_foreign_is_the_start(asked: str) -> None:
    assert local_path(asked) == "/"


@pytest.mark.parametrize("asked", ["/", "/2021/", "/2021/programme?q=ni%C3%B1os&topic=a", "/2021/events/E22223-a#x"])
def test_local_path_of_ours_stays(asked: str) -> None:
    assert local_path(asked) == asked


def test_choosing_a_zone_keeps_it_in_a_cookie_and_goes_back(visit: Visit) -> None:
    response = visit(make_programme()).get("/zone?tz=Asia/Kathmandu&next=/2021/programme")
    assert (response.status_code, response.headers["Location"]) == (303, "/2021/programme")
    assert response.headers["Set-Cookie"].startswith("wmd_zone=Asia/Kathmandu; ")
    assert "SameSite=Lax" in response.headers["Set-Cookie"]
    assert response.headers["Cache-Control"] == "no-store"


def test_choosing_an_old_name_keeps_the_modern_one(visit: Visit) -> None:
    response = visit(make_programme()).get("/zone?tz=Asia/Calcutta")
    assert response.headers["Set-Cookie"].startswith("wmd_zone=Asia/Kolkata; ")


@pytest.mark.parametrize("name", ["", "CET", "Mars/Olympus", "../etc/passwd", "Europe/Madrid\r\nX: y"])
def test_choosing_what_is_no_zone_is_a_400_without_a_cookie(name: str, visit: Visit) -> None:
    response = visit(make_programme()).client.get("/zone", query_string={"tz": name}, base_url="http://wmd.example")
    assert response.status_code == 400
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("foreign", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_choosing_a_zone_never_leads_to_another_site(foreign: str, visit: Visit) -> None:
    query = {"tz": "UTC", "next": foreign}
    response = visit(make_programme()).client.get("/zone", query_string=query, base_url="http://wmd.example")
    assert (response.status_code, response.headers["Location"]) == (303, "/")


def test_chooser_comes_back_without_the_zone_of_the_address(visit: Visit) -> None:
    html = visit(make_programme()).page("/2021/programme?topic=public-space-and-housing&tz=Asia/Kathmandu")
    assert 'name="next" value="/2021/programme?topic=public-space-and-housing"' in html
    assert '<option value="Asia/Kathmandu" selected>' in html
