# The front door. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test bench lint tidy sanitize wasm clean

help:   ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */  make \1\t/' | expand -t 18

setup:  ## install what is missing (Debian, Ubuntu); prints what is needed elsewhere
	@tools/setup

build: setup  ## build/bin/headscope
	@cmake --preset release >/dev/null && cmake --build build

demo: build  ## fetch the model, run the article's sentence pair end to end
	build/bin/headscope pull bert-base-uncased || echo "No model: the built-in demo trace is used." >&2
	build/bin/headscope demo -o build/demo

test: build  ## all tests
	@tools/test

bench: build  ## this machine's numbers
	build/bin/headscope bench

lint: setup  ## format and layer rules
	@tools/lint

tidy: build  ## clang-tidy over the sources (some 15 minutes at first; then only what changed)
	@tools/tidy

sanitize: setup  ## the unit tests under address and undefined-behaviour sanitizers
	@cmake --preset asan >/dev/null && cmake --build build-asan --target unit
	@ctest --test-dir build-asan --output-on-failure -R '^unit\.'

wasm: setup  ## the core compiled to WebAssembly
	@cmake --preset wasm >/dev/null && cmake --build --preset wasm

clean:  ## remove what was built
	rm -rf build build-*
