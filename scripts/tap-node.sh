#!/bin/sh
# Node, without what tap loads into every test file; see tap.mjs.
for argument; do
  shift
  case "$argument" in
    --import=*/@tapjs/*) ;;
    *) set -- "$@" "$argument" ;;
  esac
done
exec "$RONDO_TEST_NODE" "$@"
