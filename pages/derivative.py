"""Spike derivative: what stands in for the derivative of the step, and what a random stand-in costs."""

import streamlit as st

from snnviz import text
from snnviz.figures import cost_sweep, estimator, law, running_mean, surrogates, trade_off
from snnviz.figures.theme import three_digits
from snnviz.studies import derivative
from snnviz.studies.derivative import Density, Drawing, Look
from snnviz.surrogates import SURROGATES
from snnviz.ui import controls, page, scope
from snnviz.ui import estimates as settings
from snnviz.ui.cache import cached
from snnviz.zeroth_order import ZerothOrder

FILE, LIVE = "derivative.py", "derivative"
VIEWS = {
    "surrogates": "Surrogates",
    "live": "Live draws",
    "estimator": "Estimator",
    "law": "Law and surrogate",
    "cost": "Trade-off",
}
PRESETS = {
    "The mean settles on the Gaussian": (
        "Draw after draw falls; a Gaussian surrogate lies dashed over the closed curve. Watch the mean find both.",
        {"view": "live", "compare": "Gaussian", "compare.Gaussian.sigma": "0.5"},
    ),
    "Infinite variance": (
        "The authors' law for the fast sigmoid: at u = 0 rare, huge values keep throwing the mean off its curve.",
        {"view": "estimator", "law": "SurrogateLaw", "alpha": "-1", "draw.u": "0", "draw.count": "2000"},
    ),
    "No law for a corner": (
        "The fast sigmoid has a corner at the threshold: LocalZO's own estimate cannot have it as its mean.",
        {"view": "law", "way": "surrogate", "alpha": "1"},
    ),
    "Five draws, not 5 ×": (
        "At u = δ one draw is active in 31.7 % of cases, the mean of five in 85.2 %; the variance is a fifth.",
        {"view": "estimator", "zo.delta": "0.05", "zo.draws": "5"},
    ),
    "Unequal bands": (
        "Most membranes far below the threshold: the random bands touch half as many neurons again as the fixed band.",
        {"view": "cost", "zo.delta": "0.05", "density": "normal"},
    ),
}


def show_surrogates(left, right) -> str:
    with right:
        names = controls.several(
            list(SURROGATES),
            "Surrogates",
            "of",
            default=["FastSigmoid", "Triangle", "Gaussian"],
            titles=lambda n: SURROGATES[n].title,
        )
    with left:
        look, chosen = controls.edit(Look, "look"), []
        for name in names:
            st.markdown(f"**{SURROGATES[name].title}**")
            chosen.append(controls.edit(SURROGATES[name], f"s.{name}"))
    with right, page.guarded():
        if not chosen:
            st.info("Choose a surrogate above.")
            st.stop()
        shapes = cached(derivative.shapes)(tuple(chosen), look)
        page.figure(surrogates.surrogates(shapes, page.dark()), "surrogates")
        st.dataframe(
            {
                "surrogate": [s.label for s in shapes],
                "peak": [s.peak for s in shapes],
                "area": [s.area for s in shapes],
                "halved at": [s.half for s in shapes],
            },
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in ("peak", "area", "halved at")},
        )
        page.downloads(
            "surrogates",
            {"margin": shapes[0].margins}
            | {f"{n}_{part}": getattr(s, part) for n, s in zip(names, shapes, strict=True) for part in ("derivative", "primitive")},
        )
    with st.expander("The equations and papers", icon=":material/function:"):
        for surrogate in chosen:
            st.latex(r"\text{" + surrogate.title + r":}\quad \frac{\partial s}{\partial u} \approx " + surrogate.equation)
            page.citation(surrogate.cite)
    return f"""
from snnviz import *
from snnviz.studies.derivative import Look, shapes

for shape in shapes({text.source(tuple(chosen))}, {text.source(look)}):
    print(shape.label, shape.peak, shape.area)         # with shape.margins, .derivative and .primitive
"""


def number(value: float) -> str:
    return three_digits(value) if value < float("inf") else "infinite"


def chosen_law(choice):
    """The law of the controls; where there is none, why, and the way out."""
    try:
        return settings.law(*choice)
    except ValueError as problem:
        st.warning(str(problem), icon=":material/error:")
        others = {key: value for key, value in st.query_params.items() if key != "alpha"}
        st.page_link(f"pages/{FILE}", label="Use alpha = 0", query_params=page.here(others), icon=":material/play_circle:")
        return None


def show_live() -> str:
    with page.guarded():
        scene = scope.derivative_scope(settings.settings_of_scope(), key=LIVE)
        settings.hold(scene)
        drawing = derivative.affordable(scene.estimate, scene.u, scene.seed)
        download_draws(cached(derivative.sample)(scene.estimate, drawing))
    about_estimates(scene.estimate)
    return code_of_draws(scene.estimate, drawing)


def download_draws(sampled) -> None:
    page.downloads(
        "estimate",
        {
            "margin": sampled.margins,
            "mean": sampled.mean,
            "closed_curve": sampled.expected,
            "standard_error": sampled.errors,
            "share_active": sampled.share,
            "probability": sampled.activity,
        },
    )


def show_estimator(left, right) -> str:
    with left:
        choice = settings.choose_law()
        width = settings.choose_width(choice[0])
        drawing = controls.edit(Drawing, "draw")
        compare = settings.choose_comparison()
    with right, page.guarded():
        if (chosen := chosen_law(choice)) is None:
            st.stop()
        estimate = ZerothOrder(chosen, width.delta, width.draws)
        sampled = cached(derivative.sample)(estimate, drawing)
        over = compare and (compare.title, derivative.along(compare, sampled.margins))
        page.figure(estimator.estimator(sampled, over, page.dark()), "estimator")
        band = f"±{three_digits(sampled.band)}" if sampled.band < float("inf") else "none: |z| has no mean"
        st.markdown(
            f"At *u* = {drawing.u:g}: **active** with probability **{three_digits(100 * sampled.active)} %** · "
            f"**g = {three_digits(sampled.g)}** · **σ = {number(sampled.sigma)}** · fixed band **{band}**"
        )
        page.figure(running_mean.running_mean(sampled, page.dark()), "running")
        download_draws(sampled)
    about_estimates(estimate)
    return code_of_draws(estimate, drawing)


def show_law(left, right) -> str:
    with left:
        made = (
            controls.option(
                ["law", "surrogate"],
                "From",
                "way",
                segmented=True,
                titles=str.capitalize,
                help="A law gives a surrogate by its mean; most surrogates give a law.",
            )
            == "surrogate"
        )
        choice = settings.choose_law(only_made=made)
        width = settings.choose_width(choice[0], draws=False)
        drawing = controls.edit(Drawing, "draw")
    with right, page.guarded():
        if (chosen := chosen_law(choice)) is None:
            page.figure(surrogates.surrogates(cached(derivative.shapes)((choice[1],)), page.dark()), "surrogates")
            st.caption("Look at the tip: where the slope does not vanish, −g′(s)/s has no finite integral.")
            return code_of_law(choice)
        curves = cached(derivative.law_curves)(chosen, width.delta, drawing.u)
        sampled = cached(derivative.sample)(ZerothOrder(chosen, width.delta), drawing)
        page.figure(law.law(curves, drawing.u, width.delta, sampled, page.dark()), "law")
        st.markdown(
            f"Constant **c = {three_digits(curves.constant)}** · E|z| = {number(curves.mean_abs)} · E z² = "
            f"{number(curves.mean_square)} · area of *g* = c E|z|¹⁺ᵅ = **{number(curves.area)}**"
        )
        page.downloads(
            "law", {"z": curves.z, "density": curves.density, "weight": curves.weight, "margin": curves.margins, "g": curves.g}
        )
    with st.expander("From a law to its surrogate, and back", icon=":material/function:"):
        st.latex(
            r"g(u) = \mathbb{E}[G] = \frac{c}{\delta}\int_{|u|/\delta}^{\infty} z^{\alpha}\lambda(z)\,dz,\qquad "
            r"\delta = 1:\quad \lambda(t) = -\frac{g'(t)}{c\,t^{\alpha}},\quad "
            r"c = -2\int_0^\infty g'(s)\,s^{-\alpha}\,ds"
        )
        st.latex(chosen.equation)
        page.citation("mukhoty2023localzo")
    return code_of_law(choice, width, drawing)


def show_cost(left, right) -> str:
    with left:
        choice = settings.choose_law()
        over = controls.option(
            ["pareto", "draws", "delta"],
            "Show",
            "over",
            titles={"pareto": "Error against activity", "draws": "Both against the draws", "delta": "Both against the width"}.get,
        )
        width = settings.choose_width(choice[0], draws=over == "delta")
        flat = (
            controls.option(
                ["flat", "normal"],
                "Density of the margins",
                "density",
                segmented=True,
                titles={"flat": "Flat", "normal": "Normal"}.get,
                help="How many neurons are how far from their threshold.",
            )
            == "flat"
        )
        density = None if flat else controls.edit(Density, "margins")
    with right, page.guarded():
        if (chosen := chosen_law(choice)) is None:
            st.stop()
        points = cached(derivative.trade_off)(chosen, width.delta, density=density)
        if over == "pareto":
            page.figure(trade_off.trade_off(points, flat, page.dark()), "cost")
        else:
            swept = cached(derivative.sweep)(chosen, width.delta, width.draws, over, density)
            page.figure(cost_sweep.cost_sweep(swept, flat, page.dark()), f"cost-{over}")
        table = {
            "estimator": [p.label for p in points],
            "active width" if flat else "active, %": [p.activity if flat else 100 * p.activity for p in points],
            "variance": [p.variance for p in points],
            "squared bias": [p.squared_bias for p in points],
        }
        st.dataframe(
            table,
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="%.3g") for name in table if name != "estimator"},
        )
        page.downloads("trade-off", table)
        st.caption(
            "The gate is active with probability p = min(1, s g) and then has the value g/p: no unbiased estimate with that "
            "activity has less variance. It is this project's own extra, in no paper. The fixed bands are those the LocalZO "
            "authors match to m draws; they match where membranes are equally dense everywhere."
        )
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")
    settings_ = f"{text.source(chosen)}, {width.delta!r}"
    return """
from snnviz import *
from snnviz.studies.derivative import Density, sweep, trade_off

""" + (
        f"""for point in trade_off({settings_}, density={text.source(density)}):
    print(point.label, point.activity, point.variance, point.squared_bias)
"""
        if over == "pareto"
        else f"print(sweep({settings_}, {width.draws}, {over!r}, {text.source(density)}))"
    )


def about_estimates(estimate: ZerothOrder) -> None:
    """The exercise and the equations of a zeroth-order estimate."""
    with st.expander("Predict first: how often is a value not 0?", icon=":material/quiz:"):
        for i, question in enumerate(derivative.questions()):
            guess = st.number_input(
                f"{question.text} In percent:",
                0.0,
                100.0,
                None,
                step=1.0,
                format="%g",
                key=f"guess{i}",
                placeholder="your prediction",
            )
            if guess is not None:
                off = three_digits(abs(guess - question.answer))
                st.markdown(
                    f"It is **{three_digits(question.answer)} %**; you are off by {off}. "
                    + ("The band ±|z|δ must reach u." if i == 0 else "One of the five bands must: 1 − (1 − 0.317)⁵.")
                )
    with st.expander("The equations and papers", icon=":material/function:"):
        st.latex("G = " + estimate.equation + r",\qquad z_k \sim \lambda")
        st.latex(estimate.law.equation)
        st.latex(
            r"\mathbb{E}[G] = g(u) = \frac{c}{\delta}\int_{|u|/\delta}^{\infty} z^{\alpha}\lambda(z)\,dz,\qquad "
            r"\mathrm{Var}\,G = \tfrac1m\Big(\frac{c^2}{4\delta^2}\,\mathbb{E}\big[|z|^{2\alpha};|z|>\tfrac{|u|}{\delta}\big]"
            r" - g(u)^2\Big)"
        )
        st.latex(r"P(G \neq 0) = 1 - \big(1 - P(|z| > |u|/\delta)\big)^m,\qquad B_{th} = \delta\,\mathbb{E}\max_{k \le m}|z_k|")
        page.citation("mukhoty2023localzo", "pereznieves2021sparse")


def code_of_draws(estimate: ZerothOrder, drawing: Drawing) -> str:
    return f"""
from snnviz import *
from snnviz.studies.derivative import Drawing, sample

sampled = sample({text.source(estimate)}, {text.source(drawing)})
print(sampled.running[-1], sampled.g, sampled.sigma, sampled.active)
"""


def code_of_law(choice, width=None, drawing=None) -> str:
    if width is None:
        return f"""
from snnviz import *

try:
    SurrogateLaw({text.source(choice[1])}, {choice[2]})
except ValueError as problem:
    print(problem)
"""
    return f"""
from snnviz import *
from snnviz.studies.derivative import law_curves

curves = law_curves({text.source(settings.law(*choice))}, {width.delta!r}, {drawing.u!r})
print(curves.constant, curves.area)                    # with curves.z, .density, .margins and .g
"""


page.heading(
    "In place of the step's derivative",
    "A spike's derivative is zero or infinite. Training puts a surrogate in its place, or random values that average to one.",
)
page.presets(FILE, PRESETS)
view = controls.option(list(VIEWS), "View", "view", segmented=True, titles=VIEWS.get)
reason = scope.problem(LIVE) if view == "live" else None
if view == "live" and not reason:
    code = show_live()
else:
    settings.leave_scope()
    if reason:
        st.info(reason)
    show = {"surrogates": show_surrogates, "law": show_law, "cost": show_cost}.get(view, show_estimator)
    code = show(*page.sides())
page.code_behind(code)
