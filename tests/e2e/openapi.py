"""docs/openapi.yaml as a judge: what of an answer it does not allow."""
import functools
import json
import re
from pathlib import Path

import jsonschema
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
FILE = REPOSITORY / "docs" / "openapi.yaml"
# What carries any answer and says nothing about this contract.
METHODS = {"get", "head", "post", "put", "delete", "patch"}
TRANSPORT_HEADERS = {"date", "server", "content-length", "content-type", "connection", "keep-alive",
                     "transfer-encoding"}


class Document:
    def __init__(self, content: dict):
        self.content = content
        self.paths = {self._pattern(path): path for path in content["paths"]}

    @classmethod
    @functools.lru_cache
    def load(cls):
        return cls(yaml.safe_load(FILE.read_text()))

    @staticmethod
    def _pattern(path: str):
        parts = re.split(r"\{[^}]*\}", path)
        return re.compile("[^/]+".join(map(re.escape, parts)) + r"\Z")

    def route_of(self, target: str):
        """The path template a target belongs to; the most literal one; none elsewhere."""
        path = re.sub(r"^https?://[^/?]*", "", target).split("?")[0]
        fitting = [template for pattern, template in self.paths.items() if pattern.match(path)]
        return min(fitting, key=lambda template: template.count("{")) if fitting else None

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            found = self.content
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operation(self, method: str, target: str):
        """(route, operation); route is `elsewhere` for what the document does not name."""
        route = self.route_of(target)
        operation = self.content["paths"][route].get(method.lower()) if route else None
        return (route, operation) if operation else ("elsewhere", self.content["x-elsewhere"])

    def response(self, method: str, target: str, status: int):
        """(route, response): of the operation itself, else of the refusals that any request may get."""
        route, operation = self.operation(method, target)
        own = operation["responses"].get(str(status))
        if own is None:
            route, own = "anywhere", self.content["x-anywhere"]["responses"].get(str(status))
        return route, self.resolve(own)

    def promised(self):
        """Every (method, route, status) of the document; method is * elsewhere and anywhere.

        But for what another test shows, with programs that can be made to die: its description says which.
        """
        found = {("*", route, int(status)) for route in ("elsewhere", "anywhere")
                 for status in self.content["x-" + route]["responses"]}
        for route, item in self.content["paths"].items():
            for method in METHODS & set(item):
                found |= {(method.upper(), route, int(status)) for status, own in item[method]["responses"].items()
                          if not (REPOSITORY / self.resolve(own).get("x-shown-by", "?")).is_file()}
        return found

    def place(self, seen):
        """The member of promised() that an exchange shows."""
        route, _ = self.response(seen.method, seen.target, seen.status)
        return ("*" if route in ("elsewhere", "anywhere") else seen.method, route, seen.status)

    def _schema_complaints(self, value, schema):
        resolver = jsonschema.RefResolver("", self.content)
        validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
        return [f"{'/'.join(map(str, error.absolute_path)) or 'value'}: {error.message[:300]}"
                for error in validator.iter_errors(value)]

    def _header_complaints(self, seen, response):
        described = {name.lower(): self.resolve(node) for name, node in response.get("headers", {}).items()}
        for name in seen.headers:
            if name not in described and name not in TRANSPORT_HEADERS:
                yield f"header {name} is not in the document"
        for name, node in described.items():
            if name in seen.headers:
                for wrong in self._schema_complaints(seen.headers[name], node["schema"]):
                    yield f"header {name}: {wrong}"
            elif node.get("required"):
                yield f"header {name} is missing"

    def _body_complaints(self, seen, response):
        content = response.get("content", {})
        media = seen.headers.get("content-type", "").split(";")[0].strip()
        if not content:
            return [f"has a body: {seen.body[:100]!r}"] if seen.body else []
        if media not in content:
            return [f"content type {media or 'none'}, the document has {', '.join(content)}"]
        if seen.method == "HEAD":
            return ["HEAD was answered with a body"] if seen.body else []
        try:
            value = json.loads(seen.body.decode("utf-8"))
        except ValueError as failed:
            return [f"the body is not JSON in UTF-8: {failed}"]
        wrong = self._schema_complaints(value, content[media].get("schema", {}))
        if media == "application/problem+json" and not wrong and value["status"] != seen.status:
            wrong.append(f"the member status is {value['status']}")
        return wrong

    def complaints(self, seen):
        title = f"{seen.method} {seen.target[:120]} -> {seen.status}"
        _, response = self.response(seen.method, seen.target, seen.status)
        if response is None:
            return [f"{title}: the document has no status {seen.status} there; it said {seen.body[:200]!r}"]
        wrong = [*self._header_complaints(seen, response), *self._body_complaints(seen, response)]
        return [f"{title}: {text}" for text in wrong]
