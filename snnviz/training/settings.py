"""The settings of a run as TOML: trainings and backend. Pages offer this file for download, and the command line reads it."""

import dataclasses

from snnviz import text
from snnviz.events import Products
from snnviz.params import Declared, shown
from snnviz.threads import checked
from snnviz.training.value import VALUES, Training


@dataclasses.dataclass(frozen=True)
class Settings(Declared):
    """Trainings and what runs them. backend: a name, or "" for the default one. touch_active, products: as in `train`;
    threads: so too, 0 for as many as torch is set to."""

    trainings: tuple[Training, ...] = ()
    backend: str = ""
    touch_active: bool = False
    products: Products = Products.DENSE
    threads: int = 0

    def to_toml(self) -> str:
        """`backend`, and what else executes the run where it is not the default; then one table `[[training]]` for each."""
        data = {"backend": self.backend} | ({"touch_active": True} if self.touch_active else {})
        data |= {} if self.products is Products.DENSE else {"products": self.products.value}
        data |= {"threads": self.threads} if self.threads else {}
        return text.to_toml(data | {"training": self.trainings})

    @classmethod
    def from_toml(cls, toml: str, where: str = "the text") -> "Settings":
        """Read what `to_toml` wrote here, or what `Training.to_toml` wrote.

        Raises:
            ValueError: it is neither; one sentence says what is wrong and where.
        """
        data = text.parsed(toml, where)
        if "training" not in data:
            return cls((Training.from_toml(toml, where),))
        listed = data["training"]
        unknown = set(data) - {"backend", "touch_active", "products", "threads", "training"}
        if unknown:
            raise ValueError(
                f"{where} has {shown(min(unknown))} beside its trainings; there are backend, touch_active, products and threads."
            )
        if not isinstance(listed, list) or not listed:
            raise ValueError(f"{where} lists no training: each is a table [[training]].")
        trainings = []
        for number, item in enumerate(listed, 1):
            training = text.placed(item, VALUES, f"{where}, training {number}")
            if not isinstance(training, Training):
                raise ValueError(f'{where}, training {number}: it must begin with is = "Training".')
            trainings.append(training)
        try:
            products = _products(data.get("products", Products.DENSE.value))
            threads = 0 if "threads" not in data else checked(data["threads"]) or 0
            return cls(tuple(trainings), data.get("backend", ""), data.get("touch_active", False), products, threads)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"{where}: {problem}") from None


def _products(name: object) -> Products:
    try:
        return Products(name)
    except ValueError:
        choices = ", ".join(products.value for products in Products)
        raise ValueError(f"products = {shown(name)}: choose one of {choices}.") from None
