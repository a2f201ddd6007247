"""Plots that take the colours of the page they stand in, also when the page changes them."""

from __future__ import annotations

from collections.abc import Mapping

from bokeh.models.callbacks import CustomJS

#: Paper before the page's colour is known. White would flash in the dark, and shine through at the edges for good.
UNPAINTED = "#ffffff00"
#: Runs in the page when the plots are drawn. Whatever has one of our colours gets the other one's; the paper becomes
#: what is behind the plots, so that they are part of the page and yet saved with a background.
_FOLLOW = """
const place = cb_context.index.find_one(cb_obj.roots()[0]).el;
const behind = () => {
  for (let at = place; at; at = at.parentElement ?? at.getRootNode().host) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!/^(transparent|rgba\\(.*, 0\\))$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
let shown = {...inks.light, paper: unpainted};
const look = () => {
  if (!place.isConnected) return stop();
  const paper = behind();
  const [red, green, blue] = paper.match(/[\\d.]+/g).map(Number);
  const wanted = {...(0.299 * red + 0.587 * green + 0.114 * blue < 128 ? inks.dark : inks.light), paper};
  if (wanted.paper === shown.paper) return;
  const roles = new Map(Object.entries(shown).map(([role, colour]) => [colour, role]));
  for (const model of cb_obj.all_models ?? cb_obj._all_models.values()) {
    const changed = {};
    for (const property of model) {
      if (!property.attr.endsWith("_color")) continue;
      const value = property.get_value();
      const role = roles.get(value?.value ?? value);
      if (role) changed[property.attr] = wanted[role];
    }
    if (Object.keys(changed).length) model.setv(changed);
  }
  shown = wanted;
};
const scheme = matchMedia("(prefers-color-scheme: dark)");
const observer = new MutationObserver(look);
const stop = () => {
  observer.disconnect();
  scheme.removeEventListener("change", look);
  document.removeEventListener("load", look, true);
};
// Pages tell their theme by attributes, and some load its style sheet after that.
for (const at of [document.documentElement, document.body]) observer.observe(at, {attributes: true});
document.addEventListener("load", look, true);
scheme.addEventListener("change", look);
look();
"""


def follow(inks: Mapping[str, Mapping[str, str]]) -> CustomJS:
    """Return what a document with light colours does when it is ready; ``inks`` are the colours of both themes."""
    args = {"inks": {name: dict(colours) for name, colours in inks.items()}, "unpainted": UNPAINTED}
    return CustomJS(args=args, code=_FOLLOW)
