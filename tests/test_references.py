"""The papers: every entry is whole and named after its first author and year, and a page shows it as a reader expects."""

import re
import unicodedata

import pytest

from snnviz.ui.references import read_bibtex, references

PAPERS = """
@article{a1,
  author = {de B{o}er, Ann and {van} D, Jan and E, F.}, title = "T {SNN}s", journal = {J}, volume = 3, pages = {1--2}, year = 2020,
  doi={10/x_1}
}
@book{b2, author = {Donald Knuth and Lamport, Leslie}, title = {A
  title}, publisher = {P}, year = {1990}, url = {https://a.b/c%20d}}
"""


def test_an_entry_is_shown_with_authors_year_title_link_and_place():
    papers = read_bibtex(PAPERS)
    assert papers["a1"].text() == "de Boer et al. (2020). [T SNNs](https://doi.org/10/x_1). *J* 3:1-2."
    assert papers["b2"].text() == "Knuth and Lamport (1990). [A title](https://a.b/c%20d). *P*."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@a{x, author={A}, title={T}, year={1}} @a{x, author={A}, title={T}, year={1}}", "Duplicate entry key 'x'"),
        ("\n@a{x, author={A, title={T}", "line 2"),
        ("@a{x, author={A}, year={1}}", "x lacks title"),
        ("@a{x, title={}, year={1}}", "x lacks author, title"),
    ],
)
def test_a_broken_entry_is_named(text, message):
    with pytest.raises(ValueError, match=rf"references.bib.*{message}"):
        read_bibtex(text)


def test_every_paper_has_authors_title_and_year_and_a_key_made_of_them():
    assert len(references()) > 20
    for key, paper in references().items():
        first = unicodedata.normalize("NFKD", paper.authors[0]).lower()
        assert re.fullmatch(rf"{re.sub('[^a-z]', '', first)}{paper.fields['year']}[a-z]+", key)
        assert re.fullmatch(r"(19|20)\d\d", paper.fields["year"]) and len(paper.fields["title"]) > 10
        assert {"journal", "booktitle", "publisher"} & paper.fields.keys(), f"where {key} appeared is not said"
