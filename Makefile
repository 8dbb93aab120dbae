# The front door. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-all bench bench-peers lint tidy sanitize fuzz wasm neon python ci clean

help:   ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 18

setup:  ## install what is missing (Debian, Ubuntu); prints what is needed elsewhere
	@tools/setup

build: setup  ## build/bin/headscope, and the tests
	@tools/build

demo:   ## fetch the model, run the article's sentence pair end to end
	@tools/step setup tools/setup
	@tools/step build tools/build headscope
	build/bin/headscope pull bert-base-uncased || echo "No model: the built-in demo trace is used." >&2
	build/bin/headscope demo -o build/demo

test: build  ## all tests
	@tools/test

test-all: build  ## what is too long for `make ci` too: a 7B's widths, all of tidy, NEON under qemu, fuzzing a minute a target, Python
	@tools/step lint tools/lint
	@tools/step tests tools/test
	@tools/step large tools/test -L large
	@tools/step tidy tools/tidy
	@tools/step wasm $(MAKE) --silent wasm
	@tools/step neon $(MAKE) --silent neon
	@tools/step sanitizers tools/sanitize
	@tools/step fuzz tools/fuzz 60
	@tools/step python tools/python --all
	@tools/step versions tools/python --versions

ci:     ## what must hold before a change goes in
	@.ci/run

bench: build  ## this machine's numbers
	build/bin/headscope bench

lint: setup  ## format, layer rules, scripts
	@tools/lint

tidy: build  ## clang-tidy over the sources (some 15 minutes at first; then only what changed)
	@tools/tidy

sanitize: setup  ## tests under clang's address, undefined-behaviour and thread sanitizers
	@tools/sanitize

fuzz: setup  ## a minute of fuzzing, all targets together
	@tools/fuzz --together 60

neon:   ## the SIMD kernels' tests on Arm's NEON, under qemu
	@tools/neon

wasm: setup  ## the core compiled to WebAssembly
	@cmake --preset wasm >/dev/null && cmake --build --preset wasm

python: setup  ## the Python package: a wheel in build-python/dist, tried in an environment of its own
	@tools/python

bench-peers: setup  ## speed beside ONNX Runtime, OpenVINO and PyTorch on the same weights (some 7 GB of packages)
	@bench/peers/run

clean:  ## remove what was built
	rm -rf build build-*
