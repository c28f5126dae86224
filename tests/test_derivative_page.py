"""The page Spike derivative: every view and preset draws, its code runs, its settings are in the URL; and the numbers behind it."""

import math
import re

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from snnviz.draws import Draw
from snnviz.figures import cost_sweep, estimator, law, running_mean, surrogates
from snnviz.figures import trade_off as cost
from snnviz.laws import LAWS, ArctanLaw, NormalLaw, RademacherLaw, SurrogateLaw, UniformLaw
from snnviz.live.scenes import DrawScene
from snnviz.studies.derivative import Density, Drawing, Look, law_curves, questions, sample, shapes, sweep, trade_off
from snnviz.surrogates import SURROGATES, Boxcar, FastSigmoid, Gaussian
from snnviz.ui import estimates as settings
from snnviz.zeroth_order import ZerothOrder
from tests.app_server import ROOT

PAGE = "pages/derivative.py"


def presets() -> dict[str, dict[str, str]]:
    source = (ROOT / PAGE).read_text(encoding="utf-8")
    names: dict = {}
    exec(source[source.index("PRESETS = {") : source.index("page.heading(")], names)
    return {title: query for title, (_, query) in names["PRESETS"].items()}


def opened(query: dict[str, str]) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page(PAGE)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def source(app: AppTest) -> str:
    """The code that made what the page shows."""
    (code,) = [block.value for block in app.code if block.language == "python"]
    return code


QUERIES = [
    {},
    {"view": "surrogates", "of": "MultiGaussian-Dspike", "look.unit_area": "true"},
    {"view": "estimator"},
    {"view": "law"},
    {"view": "law", "law": "RademacherLaw"},
    {"view": "law", "way": "surrogate", "made": "Boxcar"},
    {"view": "cost"},
    {"view": "cost", "over": "draws"},
    {"view": "cost", "over": "delta", "density": "normal"},
]


def written(query: dict[str, str]) -> dict[str, str]:
    """What the address says of a link: not the view with which the page opens."""
    return {key: value for key, value in query.items() if (key, value) != ("view", "live")}


@pytest.mark.parametrize(
    "query", [*QUERIES, {"view": "live"}, *presets().values()], ids=lambda q: "&".join(map("=".join, q.items())) or "plain"
)
def test_a_link_draws(query):
    app = opened(query)
    assert not app.error
    assert ["alpha = 1" in w.value for w in app.warning] == ([True] if query.get("alpha") == "1" else [])
    assert {k: v if isinstance(v, str) else v[0] for k, v in app.query_params.items()} == written(query)


@pytest.mark.parametrize(
    "query", [{"of": "MultiGaussian-Dspike", "look.unit_area": "true"}, {"s.Triangle.width": "2", "of": "Triangle"}]
)
def test_a_link_of_0_1_0_without_a_view_opens_the_surrogates(query):
    app = opened(query)
    assert not app.error and not app.warning
    assert app.button_group(key="derivative/view").value == "surrogates"
    assert {k: v if isinstance(v, str) else v[0] for k, v in app.query_params.items()} == query | {"view": "surrogates"}


@pytest.mark.parametrize("view", ["live", "estimator", "cost"])
@pytest.mark.parametrize("wrong", [{"zo.delta": "wide"}, {"zo.delta": "0"}, {"law": "Cauchy"}, {"zo.delta": "inf"}])
def test_nonsense_gets_a_sentence_and_the_default(view, wrong):
    app = opened({"view": view} | wrong)
    ((key, value),) = wrong.items()
    assert any(f"`{key}={value}`" in w.value for w in app.warning)
    if app.code:
        assert "delta" not in source(app)


@pytest.mark.parametrize("view", ["live", "estimator", "law", "cost"])
@pytest.mark.parametrize("delta", ["1e-307", "1e+300"])
def test_a_number_that_32_bits_cannot_hold_is_refused(view, delta):
    app = opened({"view": view, "zo.delta": delta})
    assert any(f"`zo.delta={delta}`" in w.value and "a size between 1e-30 and 1e+30" in w.value for w in app.warning)
    assert not app.error


def test_too_many_values_are_refused_in_a_sentence():
    app = opened({"view": "estimator", "zo.draws": "100", "draw.count": "5000"})
    assert "Lower the values drawn to 50" in app.error[0].value


def test_the_prediction_is_answered():
    app = opened({"view": "estimator"})
    app.number_input(key="guess0").set_value(30.0).run()
    assert any(re.search(r"31\.7 %.*off by 1\.73", m.value) for m in app.markdown)


def test_settings_go_with_the_visitor_from_view_to_view():
    app = opened({"view": "live", "law": "UniformLaw", "zo.delta": "0.3", "zo.draws": "4"})
    assert "ZerothOrder(law=UniformLaw(), delta=0.3, draws=4)" in source(app)
    app.button_group(key="derivative/view").set_value("estimator").run()
    assert not app.exception
    assert "ZerothOrder(law=UniformLaw(), delta=0.3, draws=4)" in source(app)
    app.button_group(key="derivative/view").set_value("live").run()
    assert not app.exception
    assert "ZerothOrder(law=UniformLaw(), delta=0.3, draws=4)" in source(app)


@pytest.mark.parametrize(
    "scene",
    [
        DrawScene(),
        DrawScene(ZerothOrder(UniformLaw(), 0.25, 3), -0.4, Gaussian(0.5), 7),
        DrawScene(ZerothOrder(SurrogateLaw(FastSigmoid(25.0), -1), 2.0), 0.0, FastSigmoid()),
        DrawScene(ZerothOrder(SurrogateLaw(Boxcar()))),
    ],
)
def test_a_settled_scene_is_written_as_the_link_that_restores_it(scene):
    query = settings.query(scene)
    app = opened({"view": "live"} | query)
    assert f"{query.get('zo.delta', '')}" in source(app)
    app = opened({"view": "live"} | query)
    state = app.session_state["_estimates.written"]
    assert state == query


# ---- the numbers ------------------------------------------------------------------------------------------------------------


def test_samples_are_the_library_s_draws():
    estimate = ZerothOrder(NormalLaw(), 0.3, 2)
    sampled = sample(estimate, Drawing(0.1, 40, 9), reach=1.0)
    row = torch.cat((torch.linspace(-1, 1, 121), torch.tensor([0.1])))
    drawn = torch.cat([estimate.ds_du(row[None], Draw(9, 0, n)) for n in range(40)])
    np.testing.assert_array_equal(sampled.at_u, drawn[:, -1].double().numpy())
    np.testing.assert_allclose(sampled.mean, drawn[:, :-1].double().mean(0).numpy(), rtol=1e-12)
    np.testing.assert_array_equal(sampled.share, (drawn[:, :-1] != 0).double().mean(0).numpy())
    assert sampled.running[-1] == pytest.approx(drawn[:, -1].double().mean().item(), rel=1e-12)
    assert (sampled.sizes * 0.3 > 0.1).any() == (sampled.at_u[-1] != 0)


@pytest.mark.parametrize("name", LAWS)
def test_the_mean_lies_on_the_closed_curve(name):
    sampled = sample(ZerothOrder(LAWS[name](), 0.5), Drawing(0.05, 2000, 1))
    assert (np.abs(sampled.mean - sampled.expected) <= 5 * sampled.errors + 0.02 * sampled.expected.max()).all()


def test_exercise():
    assert [q.answer for q in questions()] == pytest.approx([31.7311, 85.1709], abs=1e-4)


def test_trade_off_has_the_known_integrals():
    """Flat density, normal law: localzo's table of activity and variance, the gate's, and the band that matches."""
    points = {(p.family, p.label.split(",")[-1]): p for p in trade_off(NormalLaw(), 1.0, (1, 5), (0.5, 1.0, 2.0))}
    m1, m5 = points["localzo", " m = 1"], points["localzo", " m = 5"]
    assert (m1.activity, m1.variance) == pytest.approx((1.595769, 0.515790), rel=1e-5)
    assert (m5.activity, m5.variance) == pytest.approx((3.139668, 0.103158), rel=1e-5)
    gates = [p for p in points.values() if p.family == "gated"]
    assert [p.activity for p in gates] == pytest.approx([1.2533, 2.5066, 3.5531], rel=1e-4)
    assert [p.variance for p in gates] == pytest.approx([0.5158, 0.1168, 0.0206], rel=2e-3)
    band = points["sparse", " matches m = 5"]
    assert band.activity == pytest.approx(m5.activity, rel=2e-3) and band.variance == 0
    assert band.squared_bias == pytest.approx(0.282095 * math.erfc(1.569834), rel=1e-3)


def test_the_band_matches_only_where_the_density_is_flat():
    by = {p.label: p for p in trade_off(NormalLaw(), 0.05, (1,), (), Density(-0.3, 0.1))}
    random, fixed = by.values()
    rng = np.random.default_rng(0)
    u, z = -0.3 + 0.1 * rng.standard_normal(2_000_000), rng.standard_normal(2_000_000)
    assert random.activity == pytest.approx((np.abs(u) < np.abs(z) * 0.05).mean(), rel=0.04)
    assert fixed.activity == pytest.approx((np.abs(u) < 0.0398942).mean(), rel=0.05)


def test_what_diverges_is_infinite():
    assert trade_off(ArctanLaw(), 1.0, (1,), ())[0].variance == math.inf
    authors = sample(ZerothOrder(SurrogateLaw(FastSigmoid(), -1), 1.0), Drawing(0.0, 50))
    assert authors.sigma == math.inf and authors.band == math.inf and authors.g == pytest.approx(1.0)


def test_law_curves_give_the_surrogate_by_their_tail():
    for chosen in (NormalLaw(), SurrogateLaw(FastSigmoid()), SurrogateLaw(Gaussian(), -1)):
        curves = law_curves(chosen, 0.5, 0.1)
        tail = chosen.tail_moment(chosen.alpha, curves.edge).item() * curves.constant / 2
        assert tail / 0.5 == pytest.approx(curves.at_u, rel=1e-6)
        assert np.trapezoid(curves.density, curves.z) == pytest.approx(0.5, abs=0.08)
    assert law_curves(RademacherLaw(), 1.0, 0.2).atoms == (1.0,)
    assert law_curves(SurrogateLaw(Boxcar(0.5)), 1.0, 0.2).atoms == (0.5,)


@pytest.mark.parametrize("name", SURROGATES)
def test_shapes_tell_area_and_peak(name):
    (shape,) = shapes((SURROGATES[name](),), Look(reach=2.0))
    step = shape.margins[1] - shape.margins[0]
    slope = np.gradient(shape.primitive, step)
    assert np.abs(slope - shape.derivative)[np.abs(shape.margins) > 2 * step].max() < 0.51 * shape.peak  # a step shows half
    assert shape.peak == pytest.approx(shape.derivative[300]) and shape.derivative.max() <= shape.peak * (1 + 1e-12)
    (unit,) = shapes((SURROGATES[name](),), Look(unit_area=True))
    assert unit.area == pytest.approx(1.0)


@pytest.mark.parametrize("dark", [False, True])
def test_every_figure_has_a_title_and_a_text(dark):
    chosen = SurrogateLaw(FastSigmoid(), -1)
    wild, calm = (sample(ZerothOrder(of, 1.0), Drawing(0.0, 20)) for of in (chosen, NormalLaw()))
    points = trade_off(RademacherLaw(), 1.0, (1,), (1.0,))
    figures = [
        surrogates.surrogates(shapes((Gaussian(),)), dark),
        estimator.estimator(calm, ("Gaussian", calm.expected), dark),
        estimator.estimator(wild, None, dark),
        running_mean.running_mean(wild, dark),
        running_mean.running_mean(calm, dark),
        law.law(law_curves(chosen, 1.0, 0.0), 0.0, 1.0, wild, dark),
        cost.trade_off(points, True, dark),
        cost_sweep.cost_sweep(sweep(ArctanLaw(), 1.0, 1, "draws"), True, dark),
    ]
    for figure in figures:
        assert figure.layout.title.text and figure.layout.meta["alt"]
        assert "nan" not in figure.layout.title.text
    assert figures[4].layout.xaxis.type == "log"  # from one draw to thousands


@pytest.mark.browser
def test_the_scope_and_the_controls_keep_one_set_of_settings(visit):
    """What settles in the live scope is in the URL and on the sliders of the next view, and back; a preset sets all."""
    seen = visit("derivative", view="cost", density="normal", zo__delta="0.05")

    def go(view: str) -> None:
        seen.page.get_by_text(view, exact=True).click()
        seen.page.wait_for_function("() => !document.querySelector('[data-testid=stException]')")
        seen.settle()

    def press(control, url: str) -> None:
        control.focus()
        seen.page.keyboard.press("ArrowRight")
        seen.page.wait_for_url(re.compile(url + "$"))
        seen.settle()

    go("Live draws")
    press(seen.page.locator(".scope input[type=range][name=draws]"), r"\?zo\.delta=0\.05&zo\.draws=2")
    go("Estimator")
    press(
        seen.page.get_by_test_id("stSlider").get_by_role("slider", name="Width"),
        r"zo\.delta=0\.06&zo\.draws=2|zo\.draws=2&zo\.delta=0\.06",
    )
    go("Live draws")
    assert seen.page.get_by_label("Width, typed").input_value() == "0.06"
    seen.page.get_by_role("link", name="Five draws").click()
    seen.page.wait_for_url(re.compile(r"/derivative\?view=estimator&zo\.delta=0\.05&zo\.draws=5$"))
    seen.settle()
    assert seen.page.get_by_role("slider", name="Draws").input_value() == "5"
    seen.page.get_by_role("link", name="Infinite variance").click()
    seen.page.wait_for_url(re.compile(r"draw\.count=2000$"))
    seen.page.get_by_role("link", name="Five draws").click()
    seen.page.wait_for_url(re.compile(r"/derivative\?view=estimator&zo\.delta=0\.05&zo\.draws=5$"))
    assert seen.settle().errors == []
    assert seen.page.get_by_test_id("stException").count() == 0
