"""The Google Ads query language: text in, a parsed query out."""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<symbol>!=|<=|>=|[=<>(),]))"""
)
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class QueryError(Exception):
    """A query that Google Ads refuses, with the name of its queryError."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Condition:
    """One condition of WHERE; operators are upper case, `values` are the literals as written."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Query:
    """A parsed query."""

    select: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()  # field, is descending
    limit: int | None = None


def parse_query(text: str) -> Query:
    """The query of a text; raises QueryError."""
    return Parser(split_tokens(text)).read_query()


def split_tokens(text: str) -> list[tuple[str, str]]:
    """Kind and text of every token."""
    tokens: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = TOKEN.match(text, at)
        if found is None:
            rest = text[at:].lstrip()
            code = "STRING_NOT_TERMINATED" if rest[:1] in "'\"" else "BAD_SYMBOL"
            raise QueryError(code, f"Error in query: unexpected input {rest[:20]}.")
        tokens.append((str(found.lastgroup), found.group(str(found.lastgroup))))
        at = found.end()
    return tokens


class Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        """The next token in upper case, empty at the end."""
        return self.tokens[self.at][1].upper() if self.at < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        """The next token, which must exist."""
        if self.at == len(self.tokens):
            raise QueryError("UNEXPECTED_END_OF_QUERY", "Error in query: unexpected end of query.")
        self.at += 1
        return self.tokens[self.at - 1]

    def accept(self, *words: str) -> bool:
        """Skip these words if they come next."""
        ahead = [token[1].upper() for token in self.tokens[self.at : self.at + len(words)]]
        if ahead != list(words):
            return False
        self.at += len(words)
        return True

    def expect(self, word: str, code: str) -> None:
        """Skip a word that must come next."""
        if not self.accept(word):
            raise QueryError(code, f"Error in query: expected {word}, found '{self.peek()}'.")

    def read_query(self) -> Query:
        """The whole query."""
        self.expect("SELECT", "EXPECTED_SELECT")
        select = self.read_fields()
        self.expect("FROM", "EXPECTED_FROM")
        resource = self.read_word("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE")
        where: list[Condition] = []
        if self.accept("WHERE"):
            where.append(self.read_condition())
            while self.accept("AND"):
                where.append(self.read_condition())
        order = self.read_order() if self.accept("ORDER", "BY") else ()
        limit = self.read_limit() if self.accept("LIMIT") else None
        if self.accept("PARAMETERS"):
            self.skip_parameters()
        if self.peek():
            raise QueryError("UNEXPECTED_INPUT", f"Error in query: unexpected input {self.peek()}.")
        return Query(tuple(select), resource, tuple(where), order, limit)

    def read_word(self, code: str = "BAD_FIELD_NAME") -> str:
        """A field or resource name."""
        kind, text = self.take()
        if kind != "word":
            raise QueryError(code, f"Error in query: unexpected input {text}.")
        return text

    def read_fields(self) -> list[str]:
        """Names separated by commas."""
        fields = [self.read_word()]
        while self.accept(","):
            fields.append(self.read_word())
        return fields

    def read_condition(self) -> Condition:
        """One condition of WHERE."""
        field = self.read_word()
        if self.accept("IS", "NULL"):
            return Condition(field, "IS NULL")
        if self.accept("IS", "NOT", "NULL"):
            return Condition(field, "IS NOT NULL")
        negation = "NOT " if self.accept("NOT") else ""
        operator = self.take()[1].upper()
        if operator == "IN":
            return Condition(field, f"{negation}IN", self.read_list())
        if operator in ("LIKE", "REGEXP_MATCH"):
            return Condition(field, negation + operator, (self.read_value(),))
        if negation:
            raise QueryError("BAD_OPERATOR", f"Error in query: NOT {operator} is no operator.")
        if operator == "BETWEEN":
            low = self.read_value()
            self.expect("AND", "EXPECTED_VALUE_WITH_BETWEEN_OPERATOR")
            return Condition(field, "BETWEEN", (low, self.read_value()))
        if operator == "DURING":
            return Condition(field, "DURING", (self.read_word().upper(),))
        if operator not in COMPARISONS:
            raise QueryError("BAD_OPERATOR", f"Error in query: {operator} is no operator.")
        return Condition(field, operator, (self.read_value(),))

    def read_value(self) -> str:
        """A literal without its quotes."""
        kind, text = self.take()
        if kind == "symbol":
            raise QueryError("BAD_VALUE", f"Error in query: unexpected input {text}.")
        return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "string" else text

    def read_list(self) -> tuple[str, ...]:
        """Literals in parentheses, at most 20,000."""
        self.expect("(", "EXPECTED_LIST")
        if self.accept(")"):
            raise QueryError(
                "PROHIBITED_EMPTY_LIST_IN_CONDITION", "The list of a condition must not be empty."
            )
        values = [self.read_value()]
        while self.accept(","):
            values.append(self.read_value())
        self.expect(")", "EXPECTED_LIST")
        if len(values) > 20_000:
            raise QueryError("FILTER_HAS_TOO_MANY_VALUES", "Filters can have at most 20,000 values.")
        return tuple(values)

    def read_order(self) -> tuple[tuple[str, bool], ...]:
        """The fields of ORDER BY."""
        order: list[tuple[str, bool]] = []
        while not order or self.accept(","):
            field = self.read_word()
            is_descending = self.accept("DESC")
            if not is_descending:
                self.accept("ASC")
            order.append((field, is_descending))
        return tuple(order)

    def read_limit(self) -> int:
        """The number after LIMIT."""
        text = self.take()[1]
        if not text.isdigit():
            raise QueryError("BAD_LIMIT_VALUE", f"Error in query: {text} is no limit.")
        if int(text) < 1:
            raise QueryError("LIMIT_VALUE_TOO_LOW", "LIMIT must be at least 1.")
        return int(text)

    def skip_parameters(self) -> None:
        """Read PARAMETERS, which change nothing here."""
        while True:
            self.read_word("BAD_PARAMETER_NAME")
            self.expect("=", "BAD_PARAMETER_VALUE")
            self.take()
            if not self.accept(","):
                return
