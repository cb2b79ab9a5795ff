"""Which programming language a file is written in, by its extension: a closed table, so that no file name leaks."""

from __future__ import annotations

__all__ = ["language_of"]

_BY_EXTENSION = {
    extension: language
    for language, extensions in {
        "Assembly": "asm s",
        "C": "c h",
        "C#": "cs",
        "C++": "cc cpp cxx hh hpp hxx",
        "CSS": "css less sass scss",
        "Clojure": "clj cljc cljs",
        "Dart": "dart",
        "Elixir": "ex exs",
        "Erlang": "erl hrl",
        "F#": "fs fsx",
        "Go": "go",
        "Groovy": "gradle groovy",
        "HTML": "htm html",
        "Haskell": "hs",
        "JSON": "json json5 jsonc jsonl",
        "Java": "java",
        "JavaScript": "cjs js jsx mjs",
        "Julia": "jl",
        "Jupyter": "ipynb",
        "Kotlin": "kt kts",
        "Lua": "lua",
        "Markdown": "markdown md mdx",
        "OCaml": "ml mli",
        "Objective-C": "m mm",
        "PHP": "php",
        "Perl": "pl pm",
        "PowerShell": "ps1 psm1",
        "Protocol Buffers": "proto",
        "Python": "py pyi pyx",
        "R": "r rmd",
        "Ruby": "erb rake rb",
        "Rust": "rs",
        "SQL": "sql",
        "Scala": "sbt scala",
        "Shell": "bash fish sh zsh",
        "Svelte": "svelte",
        "Swift": "swift",
        "TOML": "toml",
        "Terraform": "tf tfvars",
        "Text": "rst txt",
        "TypeScript": "cts mts ts tsx",
        "Vue": "vue",
        "XML": "svg xml xsd",
        "YAML": "yaml yml",
        "Zig": "zig",
    }.items()
    for extension in extensions.split()
}


def language_of(path: str) -> str:
    """The language of the file at `path`, "unknown" if the table has none. The path itself goes no further."""
    return _BY_EXTENSION.get(path[-16:].rpartition(".")[2].lower(), "unknown")
