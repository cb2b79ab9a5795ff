"""What can be asked of the classic API, how it pages, what it says to mistakes, and how much work an answer is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tachograph.ports import Statement
from tachograph.testing import make_event
from tachograph_sdk.errors import StoreError
from tachograph_sdk.model.event import Event, EventKind
from tests.served import NOW, TOKEN, Served, at_us, served
from tests.unit.classic.two_days import BOB, JANE, ORG_1, SESSIONS, UUIDS, two_days

STATEMENTS = {
    "/api/health": 0,
    "/api/metrics/overview": 3,
    "/api/metrics/timeline": 4,
    "/api/sessions": 2,
    "/api/analytics/productivity": 4,
    "/api/analytics/costs": 4,
    "/api/analytics/efficiency": 5,
    "/api/analytics/trends": 2,
    "/api/analytics/dashboard/kpis": 2,
    "/api/analytics/dashboard/token-trend": 1,
    "/api/analytics/dashboard/tool-usage": 1,
    "/api/analytics/dashboard/usage-heatmap": 1,
    "/api/analytics/advanced/model-costs": 1,
    "/api/analytics/advanced/budget-progress": 2,
    "/api/analytics/advanced/tool-efficiency": 3,
    "/api/analytics/advanced/session-duration": 3,
    "/api/analytics/advanced/code-generation": 3,
}
"""The most statements that an answer takes."""

ABOUT_DATA = [path for path in STATEMENTS if path != "/api/health"]
RANGES = ("1h", "24h", "7d", "30d", "90d")


@pytest.fixture(scope="module")
def api() -> Iterator[Served]:
    with served(two_days()) as made:
        yield made


@pytest.fixture(scope="module")
def empty() -> Iterator[Served]:
    with served() as made:
        yield made


def numbers_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each cell with its path, places in lists left out."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from numbers_in(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for item in value:
            yield from numbers_in(item, path)
    else:
        yield path, value


def total(api: Served, path: str, **parameters: Any) -> float:
    """What tells one filter from another in each answer."""
    data = api.data(path, **parameters)
    if path == "/api/analytics/trends":
        raise AssertionError("has too little history here")
    skipped = ("current_page", "days_remaining", "min_minutes", "max_minutes", "hour", "day_of_week")
    return sum(
        value
        for name, value in numbers_in(data)
        if isinstance(value, (int, float))
        and not name.startswith("reasons")
        and name.split(".")[-1] not in skipped
        and not name.endswith("_change")
    )


# --- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [p for p in ABOUT_DATA if not p.endswith("trends")])
def test_an_address_a_pseudonym_and_any_case_of_it_find_the_same_person(api: Served, path: str) -> None:
    found = api.data(path, range="7d", user_email="jane@example.org")
    assert found == api.data(path, range="7d", user_email="JANE@Example.org")
    assert found == api.data(path, range="7d", user_email=JANE)
    assert found == api.data(path, range="7d", user_id=JANE)
    assert found == api.data(path, range="7d", organization_id="org-1")  # she is alone there
    assert found == api.data(path, range="7d", user_id="jane@example.org")
    if not path.endswith("code-generation"):  # all of that is hers
        assert found != api.data(path, range="7d")
    assert total(api, path, range="7d", user_id="acct-bob") < total(api, path, range="7d")
    nobody = api.data(path, range="7d", user_email="nobody@example.org")
    assert total(api, path, range="7d", user_email="nobody@example.org") == 0, nobody


def test_clear_names_are_shown_where_the_owner_chose_them_and_pseudonyms_elsewhere(api: Served) -> None:
    repository = api.data("/api/analytics/productivity", range="7d")["active_repositories"][0]
    names = {JANE: "jane@example.org", repository: "github.com/example/one"}
    with served(two_days(), clear_names=names) as clear:
        told = clear.data("/api/analytics/productivity", range="7d", user_email="jane@example.org")
        assert told["top_contributors"][0]["user_email"] == "jane@example.org"
        assert told["active_repositories"] == ["github.com/example/one"]
        costs = clear.data("/api/analytics/costs", range="7d")["top_users_by_cost"]
        assert [row["user_email"] for row in costs] == ["jane@example.org", BOB, None]
        assert clear.data("/api/sessions")["sessions"][1]["user_id"] == "jane@example.org"
    assert api.data("/api/analytics/costs", range="7d")["top_users_by_cost"][0]["user_email"] == JANE


def test_totals_of_each_person_add_up_to_all(api: Served) -> None:
    def cost(**who: str) -> float:
        return float(api.data("/api/analytics/costs", range="7d", **who)["total_cost_usd"])

    def tokens(**who: str) -> int:
        return int(api.data("/api/analytics/costs", range="7d", **who)["total_input_tokens"])

    assert cost(user_email=JANE) == pytest.approx(0.16)
    assert cost(user_email=BOB) == pytest.approx(0.05)
    assert tokens(user_email="null") == 2
    assert tokens(user_email=JANE) + tokens(user_email=BOB) + tokens(user_email="null") == tokens()
    assert cost(user_email=f"{JANE},{BOB}") == pytest.approx(0.21)


def test_two_filters_keep_what_passes_both(api: Served) -> None:
    def count(**who: str) -> int:
        return int(api.data("/api/sessions", **who)["total_count"])

    assert count(user_email=JANE) == 2
    assert count(user_email=JANE, organization_id=ORG_1) == 2
    assert count(user_email=JANE, organization_id="org-2") == 0
    assert count(user_email=JANE, user_id=BOB) == 0
    assert count(user_email=JANE, user_id=f"{JANE},{BOB}") == 2


def test_a_session_of_somebody_else_is_not_found(api: Served) -> None:
    path = f"/api/sessions/{UUIDS['alpha']}"
    assert api.data(path, user_email=JANE)["id"] == SESSIONS["alpha"]
    assert api.refusal(path, user_email=BOB) == (404, "Resource not found")
    assert api.refusal(f"{path}/metrics", user_email=BOB) == (404, "Resource not found")
    assert api.data(path, start_time="2026-11-20T08:00:00Z", end_time="2026-11-20T09:30:00Z")["id"] == SESSIONS["alpha"]
    assert api.refusal(path, start_time="2026-11-20T10:00:00Z", end_time="2026-11-20T11:00:00Z")[0] == 404


@pytest.mark.parametrize("path", [p for p in ABOUT_DATA if not p.endswith(("trends", "budget-progress"))])
def test_times_cut_and_take_the_place_of_a_range(api: Served, path: str) -> None:
    day = {"start_time": "2026-11-19T12:00:00Z", "end_time": "2026-11-20T12:00:00Z"}
    custom, same = api.data(path, **day), api.data(path, range="24h")
    for told in (custom, same):
        told.pop("period", None)
        told.pop("range", None)
    assert custom == same
    beside = api.data(path, **day, range="1h")
    beside.pop("period", None)
    beside.pop("range", None)
    assert beside == same
    berlin = {"start_time": "2026-11-19T13:00:00+01:00", "end_time": "2026-11-20T13:00:00.000+01:00"}
    in_berlin = api.data(path, **berlin)
    in_berlin.pop("period", None)
    in_berlin.pop("range", None)
    assert in_berlin == same
    assert total(api, path, start_time="2026-11-19T12:00:00Z", end_time="2026-11-20T02:00:00Z") == 0


def test_the_default_is_the_last_24_hours(api: Served) -> None:
    for path in ABOUT_DATA:
        told = api.data(path)
        if path.endswith(("trends", "model-costs")):
            assert told == api.data(path, range="30d"), path
        elif not path.endswith(("sessions", "overview", "budget-progress")):
            assert told == api.data(path, range="24h"), path
            assert told != api.data(path, range="1h"), path


@pytest.mark.parametrize("path", ABOUT_DATA)
def test_the_ends_of_the_calendar_mean_all_time_in_any_zone(api: Served, path: str) -> None:
    always = {"start_time": "0001-01-01T00:00:00Z", "end_time": "9999-12-31T23:59:59Z"}
    since_1970 = {"start_time": "1970-01-02T00:00:00Z", "end_time": "2100-01-01T00:00:00Z"}
    for zone in ("UTC", "Pacific/Apia", "America/St_Johns"):
        assert api.data(path, **always, tz=zone) == api.data(path, **since_1970, tz=zone)
    for start, end in (("0001-01-01T00:00:00", "0001-01-01T00:00:01"), ("9999-12-31T00:00:00", "9999-12-31T00:00:01")):
        status = api.client.get(
            path, params={"start_time": f"{start}Z", "end_time": f"{end}Z", "tz": "Pacific/Apia"}
        ).status_code
        assert status == 200 or (status == 400 and path.endswith(("trends", "budget-progress")))  # no such days


def test_a_plus_that_was_not_escaped_is_understood(api: Served) -> None:
    path = "/api/analytics/costs?start_time=2026-11-19T13:00:00+01:00&end_time=2026-11-20T13:00:00+01:00"
    assert api.data(path)["total_input_tokens"] == 152


def test_budget_progress_is_of_the_month_in_which_the_time_ends(api: Served) -> None:
    times = {"start_time": "2026-11-01T00:00:00Z", "end_time": "2026-11-20T00:00:00Z"}
    told = api.data("/api/analytics/advanced/budget-progress", **times)
    assert told["current_month_cost"] == pytest.approx(0.04)
    assert told["days_remaining"] == 11  # the end is excluded: it was asked on the 19th, at midnight
    october = {"start_time": "2026-10-01T00:00:00Z", "end_time": "2026-11-01T00:00:00Z"}
    told = api.data("/api/analytics/advanced/budget-progress", **october)
    assert (told["current_month_cost"], told["days_remaining"], told["daily_breakdown"]) == (0.0, 0, [])
    assert told["monthly_budget"] is None


def test_days_and_hours_are_those_of_the_zone(api: Served) -> None:
    told = api.data("/api/analytics/dashboard/token-trend", range="7d", tz="America/New_York")
    assert {point["timestamp"][-15:] for point in told["data_points"]} == {"T00:00:00-05:00"}
    assert [p["total_tokens"] for p in told["data_points"]][-2:] == [
        12 + 4,
        1425,
    ]  # 03:00 in UTC is the day before there
    with served(two_days(), zone="America/New_York") as there:
        assert there.data("/api/analytics/dashboard/token-trend", range="7d") == told


# --- pages -------------------------------------------------------------------------------------------------------------


def test_pages_of_sessions_have_each_session_once_and_true_totals() -> None:
    events = [
        make_event(at_us=at_us("2026-11-20T00:00") + 60_000_000 * number, session_id=f"s_{number:016x}", request_id=f"q{number}")
        for number in range(205)
    ]  # fmt: skip
    with served(events) as api:
        seen = []
        for offset in range(0, 205, 50):
            page = api.data("/api/sessions", limit=50, offset=offset)
            assert page["total_count"] == 205
            assert page["page_info"] == {
                "has_next": offset < 200,
                "has_prev": offset > 0,
                "current_page": offset // 50 + 1,
                "total_pages": 5,
            }
            seen += [session["id"] for session in page["sessions"]]
        assert seen == [f"s_{number:016x}" for number in reversed(range(205))]
        assert len(api.data("/api/sessions")["sessions"]) == 20
        hundred = api.data("/api/sessions", limit=1000)
        assert len(hundred["sessions"]) == 100
        assert hundred["page_info"]["total_pages"] == 3
        last = api.data("/api/sessions", limit=41, offset=164)  # the last page is full
        assert last["page_info"] == {"has_next": False, "has_prev": True, "current_page": 5, "total_pages": 5}
        beyond = api.data("/api/sessions", limit=50, offset=205)
        assert beyond["sessions"] == []
        assert beyond["total_count"] == 205
        assert beyond["page_info"] == {"has_next": False, "has_prev": True, "current_page": 5, "total_pages": 5}
        assert api.data("/api/sessions", range="1h", limit=5)["total_count"] == 0


# --- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"range": "5y"}, "Invalid range: 5y"),
        ({"range": ""}, "Invalid range: "),
        ({"start_time": "yesterday", "end_time": "2026-11-20T00:00:00Z"}, "Invalid start_time: yesterday"),
        ({"start_time": "2026-11-20", "end_time": "2026-11-21"}, "Invalid start_time: 2026-11-20"),
        ({"start_time": "2026-11-20T00:00:00", "end_time": "2026-11-21T00:00:00Z"}, "Invalid start_time: 2026-11-20T00:00:00"),
        ({"start_time": "2026-13-20T00:00:00Z", "end_time": "2026-11-21T00:00:00Z"}, "Invalid start_time: 2026-13-20T00:00:00Z"),
        ({"start_time": "0001-01-01T00:00:00+09:00", "end_time": "2026-11-21T00:00:00Z"}, "Invalid start_time: 0001"),
        ({"start_time": "2026-11-20T00:00:00Z"}, "start_time and end_time go together"),
        ({"end_time": "2026-11-20T00:00:00Z"}, "start_time and end_time go together"),
        ({"start_time": "2026-11-20T00:00:00Z", "end_time": "2026-11-20T00:00:00Z"}, "end_time is not after start_time"),
        ({"tz": "Atlantis/Center"}, "Atlantis/Center"),
        ({"user_emial": "x"}, "Unknown parameter: user_emial"),
        ({"user_email": ""}, "Invalid user_email"),
        ({"organization_id": ""}, "Invalid organization_id"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ABOUT_DATA)
def test_a_parameter_that_cannot_be_read_is_a_400_in_the_envelope(
    api: Served, path: str, parameters: dict[str, str], error: str
) -> None:
    status, told = api.refusal(path, **parameters)
    assert status == 400
    assert error in told


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/sessions?limit=0", "Invalid limit: 0"),
        ("/api/sessions?limit=-1", "Invalid limit: -1"),
        ("/api/sessions?limit=ten", "Invalid limit: ten"),
        ("/api/sessions?limit=99999999999999999999", "Invalid limit: 99999999999999999999"),
        ("/api/sessions?offset=-1", "Invalid offset: -1"),
        ("/api/sessions?offset=1.5", "Invalid offset: 1.5"),
        ("/api/sessions/not-a-uuid", "Invalid id: not-a-uuid"),
        ("/api/sessions/not-a-uuid/metrics", "Invalid id: not-a-uuid"),
        ("/api/sessions?range=7d&range=30d", "Parameter given twice: range"),
        ("/api/metrics/timeline?metric_name=nonsense", "no such metric"),
        ("/api/metrics/timeline?metric_name=", "Invalid metric_name: "),
        (f"/api/sessions/{UUIDS['alpha']}/metrics?metric_name=nonsense", "no such metric"),
        ("/api/metrics/timeline?limit=5", "Unknown parameter: limit"),
    ],
)
def test_other_mistakes_are_a_400_too(api: Served, path: str, error: str) -> None:
    status, told = api.refusal(path)
    assert status == 400
    assert error in told


def test_a_value_that_names_somebody_is_not_repeated(api: Served) -> None:
    status, told = api.refusal("/api/analytics/costs", user_email="jane@example.org" * 200)
    assert (status, told) == (400, "Invalid user_email")


def test_what_is_not_there_is_a_404_in_the_envelope(api: Served) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    for path in (
        f"/api/sessions/{missing}", f"/api/sessions/{missing}/metrics", "/api/analytics", "/api/analytics/nothing",
        "/api/metrics/nothing", "/api/sessions/a/b/c", "/api/health/x",
    ):  # fmt: skip
        assert api.refusal(path) == (404, "Resource not found"), path
    assert set(api.client.get("/api/v1/nothing").json()["error"]) == {"code", "message", "hint"}


def test_other_methods_and_foreign_pages_are_told_in_the_envelope(api: Served) -> None:
    with_token = api.client.post("/api/analytics/costs", headers={"Authorization": f"Bearer {TOKEN}"})
    assert with_token.status_code == 405
    assert with_token.json()["error"] == "Method not allowed: these paths answer GET only"
    assert with_token.headers["allow"] == "GET"
    for answer, status in (
        (api.client.post("/api/sessions"), 401),
        (api.client.get("/api/sessions", headers={"Host": "evil.example"}), 403),
        (api.client.get("/api/analytics/costs", headers={"Origin": "https://evil.example"}), 403),
    ):
        assert answer.status_code == status
        body = answer.json()
        assert (set(body), body["success"], body["data"]) == ({"success", "data", "error", "timestamp"}, False, None)
        assert isinstance(body["error"], str)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", body["timestamp"])
    elsewhere = api.client.get("/api/v1/report", headers={"Host": "evil.example"}).json()
    assert elsewhere["error"]["code"] == "foreign_host"


class _Broken:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def query(self, statement: Statement, **limits: Any) -> Any:
        raise self._error


def test_what_breaks_inside_is_a_500_that_says_nothing_of_the_inside(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = api.client.app._app._app.state.services.answers  # type: ignore[attr-defined]
    for error, told in (
        (StoreError("secret of the store"), "Database error"),
        (RuntimeError("secret"), "Internal server error"),
    ):
        monkeypatch.setattr(answers, "_store", _Broken(error))
        for path in ABOUT_DATA:
            assert api.refusal(path) == (500, told), path
        monkeypatch.undo()


# --- what is not known -------------------------------------------------------------------------------------------------


def reasons_are_given(data: dict[str, Any]) -> int:
    nulls = {path for path, value in numbers_in(data) if value is None}
    assert nulls <= set(data["reasons"]), nulls - set(data["reasons"])
    assert all(len(reason) > 10 and reason != "not known" for reason in data["reasons"].values()), data["reasons"]
    return len(nulls)


@pytest.mark.parametrize("path", ABOUT_DATA)
def test_every_null_has_a_reason(api: Served, empty: Served, path: str) -> None:
    for range_ in ("1h", "24h", "90d"):
        reasons_are_given(empty.data(path, range=range_))
        for who in ({}, {"user_email": BOB}, {"user_email": "null"}, {"organization_id": "org-1"}):
            reasons_are_given(api.data(path, range=range_, **who))


@pytest.mark.parametrize("path", ABOUT_DATA)
def test_an_empty_store_has_zeros_empty_lists_and_null_ratios(empty: Served, path: str) -> None:
    for range_ in RANGES:
        data = empty.data(path, range=range_)
        for name, value in numbers_in(data):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                known = name.endswith(
                    ("current_page", "min_minutes", "max_minutes", "days_remaining", "hour", "day_of_week")
                )
                assert value == 0 or known, (name, value)
        for name, value in data.items():
            if isinstance(value, list) and name not in ("heatmap", "distribution_buckets"):
                assert value == [], name


def test_an_empty_store_knows_no_session(empty: Served) -> None:
    assert empty.refusal(f"/api/sessions/{UUIDS['alpha']}") == (404, "Resource not found")
    assert empty.refusal(f"/api/sessions/{UUIDS['alpha']}/metrics") == (404, "Resource not found")


# --- work --------------------------------------------------------------------------------------------------------------


def test_an_answer_takes_no_more_statements_than_are_written_down(api: Served) -> None:
    took = {}
    for path in STATEMENTS:
        api.statements.clear()
        api.data(path)
        took[path] = len(api.statements)
    assert took["/api/analytics/efficiency"] == 4  # one less without ten sessions that have a score
    assert {**took, "/api/analytics/efficiency": 5} == STATEMENTS
    for path, most in ((f"/api/sessions/{UUIDS['alpha']}", 2), (f"/api/sessions/{UUIDS['alpha']}/metrics", 1)):
        api.statements.clear()
        api.data(path)
        assert len(api.statements) == most, path
    api.statements.clear()
    api.data("/api/metrics/timeline", metric_name="claude_code.token.usage", range="90d")
    assert len(api.statements) == 1


def test_open_api_names_every_path_its_parameters_and_its_errors(api: Served) -> None:
    document = api.client.get("/api/openapi.json").json()
    schemas = document["components"]["schemas"]
    for path in (*STATEMENTS, "/api/sessions/{id}", "/api/sessions/{id}/metrics"):
        get = document["paths"][path]["get"]
        shape = schemas[get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
        assert set(shape["properties"]) == {"success", "data", "error", "timestamp"}
        assert get["responses"]["400"]["content"]["application/json"]["schema"]["$ref"].endswith("/RefusedEnvelope")
        names = {parameter["name"] for parameter in get.get("parameters", ())}
        if path != "/api/health":
            assert {"range", "start_time", "end_time", "user_email", "user_id", "organization_id", "tz"} <= names, path


# --- end of a session --------------------------------------------------------------------------------------------------

ENDS = [
    (29, None, None, "Active"),
    (31, None, None, "Completed"),
    (10, "prompt_input_exit", None, "Completed"),
    (10, "logout", None, "Completed"),
    (10, "other", None, "Terminated"),
    (10, "bypass_permissions_disabled", None, "Terminated"),
    (10, "clear", "counter", "Completed"),  # counters are sent after the end
    (10, "clear", "request", "Active"),  # it went on
    (-4, None, None, "Active"),  # its clock is a little ahead
    (-60, None, None, "Completed"),  # too much to believe
]


def ending(number: int, minutes_ago: int, reason: str | None, after: str | None) -> Iterator[Event]:
    session, last = f"s_{number:016x}", int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1e6)
    yield make_event(at_us=last - 60_000_000, session_id=session, request_id=f"{number}.1")
    yield make_event(at_us=last, session_id=session, request_id=f"{number}.2")
    if reason:
        kind = EventKind.SESSION_SUMMARY
        yield make_event(kind, at_us=last + 1_000_000, session_id=session, exit_reason=reason, payload_form="native")
    if after == "counter":
        yield make_event(EventKind.SESSION_ACTIVITY, at_us=last + 2_000_000, session_id=session, active_seconds=3.0)
    if after == "request":
        yield make_event(at_us=last + 120_000_000, session_id=session, request_id=f"{number}.3")


def test_status_is_what_the_guide_says() -> None:
    events = [
        event for number, (ago, reason, after, _) in enumerate(ENDS) for event in ending(number, ago, reason, after)
    ]
    with served(events) as api:
        sessions = {session["id"]: session for session in api.data("/api/sessions")["sessions"]}
        for number, (*case, status) in enumerate(ENDS):
            session = sessions[f"s_{number:016x}"]
            assert session["status"] == status, case
            assert (session["end_time"] is None) == (status == "Active"), case
        assert api.data("/api/metrics/overview")["active_sessions"] == sum(end[3] == "Active" for end in ENDS)
