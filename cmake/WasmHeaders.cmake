# The header-only libraries that the core uses, as Emscripten may see them. Its compiler must not see
# /usr/include, where the C library of this machine lies, so a folder of the build links to just these.
set(wasm_headers ${PROJECT_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${wasm_headers})
foreach(header hwy/highway.h nlohmann/json.hpp Eigen/Eigenvalues)
  get_filename_component(library ${header} DIRECTORY)
  find_path(${library}_folder ${header} PATHS /usr/include /usr/local/include PATH_SUFFIXES eigen3
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  file(CREATE_LINK ${${library}_folder}/${library} ${wasm_headers}/${library} SYMBOLIC)
endforeach()

set(EIGEN_INCLUDE_DIR ${wasm_headers})
foreach(name nlohmann_json::nlohmann_json hwy::hwy)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${wasm_headers})
endforeach()
