"""Each fix, taken out, makes a seed break a promise: the simulation can see what it is there to see."""

import logging

import pytest

from .defects import DEFECTS, Defect
from .run import Run

SEEDS = 20_000  # as many as .ci/run takes


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_fix_is_told_as_it_is(defect: Defect) -> None:
    """Quickly: the list follows the code."""
    assert defect.function.__name__ == defect.code().co_name  # code() looks for the fix in the source


@pytest.mark.ci
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_fix_that_is_taken_out_is_missed(defect: Defect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the seeds of every run one breaks a promise."""
    monkeypatch.setattr(logging.getLogger("hubspot_preferences"), "disabled", True)
    monkeypatch.setattr(defect.function, "__code__", defect.code())
    assert any(Run(seed).broken for seed in range(SEEDS))
