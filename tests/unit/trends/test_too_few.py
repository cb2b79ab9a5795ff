"""Sentences about too little are right for one, too."""

from tachograph.analytics.trends.too_few import too_few


def test_one_is_one_and_several_are_several():
    assert (
        too_few(1, "whole day", "to tell a direction", 28) == "1 whole day is too few to tell a direction: it takes 28"
    )
    assert too_few(0, "whole day", "for it", 2) == "0 whole days are too few for it: it takes 2"
    said = too_few(3, "day with a value", "to tell which stands out", 28, many="days with a value")
    assert said == "3 days with a value are too few to tell which stands out: it takes 28"
