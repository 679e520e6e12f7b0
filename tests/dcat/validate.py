"""Checks a catalogue against SHACL shapes.

Usage: validate.py DATA --shapes FILE [FILE ...]
DATA and shapes are Turtle (.ttl), JSON-LD (.jsonld, .json) or RDF/XML (.rdf, .xml). Nothing is fetched: the shapes
see what stands in DATA, and no ontology is imported.
Needs pyshacl.

Prints that the data conforms, or each violation: the node, the path, and what is wrong.
Exit codes: 0 it conforms, 1 it does not, 2 it could not be checked.
"""

import argparse
import pathlib
import sys

import pyshacl
from rdflib import Graph, Namespace, RDF

SH = Namespace("http://www.w3.org/ns/shacl#")
SYNTAXES = {
    ".ttl": "turtle",
    ".jsonld": "json-ld",
    ".json": "json-ld",
    ".rdf": "xml",
    ".xml": "xml",
}


def read(paths: list[pathlib.Path]) -> Graph:
    """One graph of all files."""
    graph = Graph()
    for path in paths:
        syntax = SYNTAXES.get(path.suffix)
        if syntax is None:
            raise ValueError(f"{path}: name it by what it is: {', '.join(SYNTAXES)}")
        graph.parse(path, format=syntax)
    return graph


def short(graphs: list[Graph], node) -> str:
    """A node as people read it; an inverse path by what it inverts."""
    if node is None:
        return "-"
    for graph in graphs:
        inverse = graph.value(node, SH.inversePath)
        if inverse is not None:
            return "^" + inverse.n3(graphs[0].namespace_manager)
    return node.n3(graphs[0].namespace_manager)


def results(data: Graph, shapes: Graph, report: Graph) -> list[str]:
    """One line for each result: how bad, the node, the path, and what is wrong; in a fixed order."""
    graphs = [data, shapes, report]
    lines = []
    # Details of results are results too; they are no findings of their own.
    for result in report.objects(None, SH.result):
        kind = str(report.value(result, SH.resultSeverity)).rsplit("#", 1)[-1].lower()
        focus = short(graphs, report.value(result, SH.focusNode))
        path = short(graphs, report.value(result, SH.resultPath))
        messages = sorted(str(message) for message in report.objects(result, SH.resultMessage))
        text = " ".join(" / ".join(messages).split())
        lines.append(f"{kind}  {focus}  {path}  {text}")
    return sorted(lines)


def check(data_path: pathlib.Path, shape_paths: list[pathlib.Path]) -> int:
    """Validates and prints; the exit code. Warnings are printed and do not count."""
    data, shapes = read([data_path]), read(shape_paths)
    if not any(shapes.subjects(RDF.type, SH.NodeShape)):
        raise ValueError("the shapes files hold no sh:NodeShape")
    conforms, report, _ = pyshacl.validate(
        data,
        shacl_graph=shapes,
        inference="none",
        do_owl_imports=False,
        allow_infos=True,
        allow_warnings=True,
    )
    lines = results(data, shapes, report)
    for line in lines:
        print(line)
    violations = sum(line.startswith("violation") for line in lines)
    if conforms:
        print(f"conforms: {len(data)} triples, {len(lines)} warnings or remarks")
        return 0
    print(f"does not conform: {violations} violations in {len(data)} triples")
    return 1


def main() -> int:
    arguments = argparse.ArgumentParser(description="Checks a catalogue against SHACL shapes.")
    arguments.add_argument("data", type=pathlib.Path)
    arguments.add_argument("--shapes", type=pathlib.Path, nargs="+", required=True)
    given = arguments.parse_args()
    try:
        return check(given.data, given.shapes)
    # Parsers and pyshacl have errors of many kinds; all mean that there is no answer.
    except Exception as error:  # noqa: BLE001
        print(f"error: cannot be checked: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
