"""A formatter's run over generated files is no edit, and makes no conflict."""

import pytest

from layersmith.header import read, stamp
from layersmith.sync import Action, Emitted, State
from sync_project import EXTRA, Project, body, ruff

pytestmark = pytest.mark.skipif(not ruff(), reason="needs ruff, an extra of the tests")

HAND = "        x = x - x.mean()  # by hand\n"
BEFORE_PRODUCT = "        y = x @ self.kernel\n"


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


FORMATS = [
    ["--line-length=50"],
    ["--line-length=120", "--config=format.quote-style='single'"],
    ["--config=format.indent-style='tab'"],
    ["--config=indent-width=2"],
]


@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_a_formatted_file_is_as_it_should_be(project, options):
    project.run(body(extra=EXTRA))
    project.format(*options)
    text = project.text
    change = project.run(body(extra=EXTRA))
    assert (change.state, change.action) == (State.PRISTINE, Action.UNCHANGED)
    assert change.settled
    assert project.text == text
    assert text != stamp(body(extra=EXTRA), project.spec, "layer: ScaledDense\n")


@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_a_formatted_file_is_updated_when_the_output_differs(project, options):
    project.run(body())
    project.format(*options)
    change = project.run(body(scale=2.0))
    assert (change.state, change.action) == (State.PRISTINE, Action.UPDATE)
    assert project.text == stamp(body(scale=2.0), project.spec, "layer: ScaledDense\n")


@pytest.mark.parametrize("options", FORMATS, ids=" ".join)
def test_an_edit_in_a_formatted_file_merges_without_a_conflict(project, options):
    project.run(body())
    project.edit(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    project.format(*options)
    change = project.run(body(scale=2.0, extra=EXTRA, factor=3))
    assert change.action is Action.MERGE
    expected = body(scale=2.0, extra=EXTRA, factor=3)
    expected = expected.replace(BEFORE_PRODUCT, HAND + BEFORE_PRODUCT)
    assert read(project.text).body == expected


def test_a_new_layout_of_the_output_makes_no_noise_in_formatted_files(project):
    project.run(body())
    project.format("--line-length=50")
    other_layout = body().replace(
        "np.zeros((self.units,)) if", "(np.zeros((self.units,))) if"
    )
    assert project.run(other_layout).action is Action.UNCHANGED
    assert project.run(body(scale=2.0)).action is Action.UPDATE


def test_a_formatted_file_follows_its_spec_without_losing_its_layout(project):
    project.run(body())
    project.format("--line-length=50")
    before = read(project.text).body
    wanted = Emitted(project.path, project.spec, "layer: ScaledDense  # hm\n", body())
    assert project.run(wanted).state is State.PRISTINE
    assert read(project.text).body == before
