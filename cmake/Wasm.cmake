# Toolchain of the preset `wasm`: Emscripten's own, wherever the distribution or emsdk has put it.
find_program(EM_CONFIG em-config REQUIRED)
execute_process(COMMAND ${EM_CONFIG} EMSCRIPTEN_ROOT OUTPUT_VARIABLE emscripten_root OUTPUT_STRIP_TRAILING_WHITESPACE)
include(${emscripten_root}/cmake/Modules/Platform/Emscripten.cmake)

# Real exceptions: -fexceptions would need JavaScript glue. The SIMD of every browser since 2023.
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fwasm-exceptions")
