#!/bin/sh
# tests/format_check.sh CLANG_FORMAT: fails when a source is not formatted as .clang-format says. The compile-fail corpus keeps its own lines.
cd "$(dirname "$0")/.." || exit 1
find benchmarks codegen examples include src tests -name '*.hpp' -o -name '*.cpp' | grep -v '^tests/compile_fail/' | xargs "$1" --dry-run --Werror && echo "all files are formatted"
