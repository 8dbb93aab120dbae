# One function a job: a library is a list of rooms, a room is src/ROOM/*.cc, its unit tests are src/ROOM/*_test.cc,
# its fuzz targets src/ROOM/*_fuzz.cc; src/ROOM/test_*.cc is what both of these share.
# Files are found by globbing, so that adding a file to a room needs no edit here.

if(EMSCRIPTEN)
  include(cmake/WasmHeaders.cmake)
else()
  find_package(Threads REQUIRED)
  find_package(nlohmann_json 3.11 REQUIRED)
  find_path(EIGEN_INCLUDE_DIR Eigen/Eigenvalues PATH_SUFFIXES eigen3 REQUIRED)
  if(HEADSCOPE_OPENMP)
    find_package(OpenMP REQUIRED COMPONENTS CXX)
  endif()
  find_package(HWY CONFIG REQUIRED)
endif()

function(headscope_warnings target)
  # Objects name no folder of this machine: a clone elsewhere hits the compiler cache.
  target_compile_options(${target} PRIVATE "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 warns about its own std::string here (GCC bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(HEADSCOPE_SANITIZE)
    # Built with clang, whose warnings are others than those of GCC, the compiler of the house.
    target_compile_options(${target} PRIVATE -fsanitize=${HEADSCOPE_SANITIZE} -fno-sanitize-recover=all
      -fno-omit-frame-pointer -Wno-error -Wno-unknown-pragmas -Wno-deprecated-declarations)
    target_link_options(${target} PUBLIC -fsanitize=${HEADSCOPE_SANITIZE})
  endif()
endfunction()

function(headscope_library target)
  cmake_parse_arguments(ARG "" "" "ROOMS" ${ARGN})
  set(sources)
  foreach(room IN LISTS ARG_ROOMS)
    file(GLOB room_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*.cc)
    list(FILTER room_sources EXCLUDE REGEX "(_test|_fuzz|/test_[a-z_]+)\\.cc$")
    list(APPEND sources ${room_sources})
  endforeach()
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_include_directories(${target} SYSTEM PRIVATE ${EIGEN_INCLUDE_DIR})
  target_compile_definitions(${target} PRIVATE HEADSCOPE_VERSION="${PROJECT_VERSION}")
  # JSON is included as a system header: its warnings are not ours. No public header includes it.
  target_link_libraries(${target} PUBLIC $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
  if(NOT EMSCRIPTEN)
    target_link_libraries(${target} PUBLIC Threads::Threads)
  endif()
  if(TARGET OpenMP::OpenMP_CXX)
    target_link_libraries(${target} PUBLIC OpenMP::OpenMP_CXX)
  endif()
  target_link_libraries(${target} PUBLIC hwy::hwy)
  headscope_warnings(${target})
  if(HEADSCOPE_FUZZ)  # what a fuzzer steers by
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(headscope_engine_dependencies target)
  find_package(OpenSSL REQUIRED)
  find_package(ZLIB REQUIRED)
  # Tokenizers: regular expressions over UTF-32, Unicode's normal forms.
  find_path(PCRE2_INCLUDE_DIR pcre2.h REQUIRED)
  find_library(PCRE2_LIBRARY pcre2-32 REQUIRED)
  find_path(UTF8PROC_INCLUDE_DIR utf8proc.h REQUIRED)
  find_library(UTF8PROC_LIBRARY utf8proc REQUIRED)
  # Pictures for image models.
  find_path(PNG_INCLUDE_DIR png.h REQUIRED)
  find_library(PNG_FILE_LIBRARY png REQUIRED)
  find_path(JPEG_INCLUDE_DIR jpeglib.h REQUIRED)
  find_library(JPEG_FILE_LIBRARY jpeg REQUIRED)
  # Figures as PDF and PNG.
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(RSVG REQUIRED librsvg-2.0>=2.52 cairo cairo-pdf fontconfig)
  file(GLOB printing CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/print/*.cc)
  list(TRANSFORM RSVG_INCLUDE_DIRS PREPEND -isystem OUTPUT_VARIABLE rsvg_flags)
  set_source_files_properties(${printing} PROPERTIES COMPILE_OPTIONS "${rsvg_flags}")
  target_include_directories(${target} SYSTEM PRIVATE ${PCRE2_INCLUDE_DIR} ${UTF8PROC_INCLUDE_DIR}
                                                      ${PNG_INCLUDE_DIR} ${JPEG_INCLUDE_DIR})
  target_link_libraries(${target} PUBLIC ${PCRE2_LIBRARY} ${UTF8PROC_LIBRARY} ${PNG_FILE_LIBRARY}
                                         ${JPEG_FILE_LIBRARY} ${RSVG_LINK_LIBRARIES} OpenSSL::Crypto ZLIB::ZLIB)
endfunction()

# unit.ROOM: every *_test.cc of the room in one GoogleTest program; the target `unit` builds them all.
# Tests see src/ as the library does.
function(headscope_room_tests target)
  cmake_parse_arguments(ARG "" "" "ROOMS" ${ARGN})
  find_package(GTest REQUIRED)
  if(NOT TARGET unit)
    add_custom_target(unit)
  endif()
  foreach(room IN LISTS ARG_ROOMS)
    file(GLOB test_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*_test.cc
         ${PROJECT_SOURCE_DIR}/src/${room}/test_*.cc)
    if(test_sources)
      headscope_test(unit.${room} LIBRARY ${target} SOURCES ${test_sources})
      add_dependencies(unit unit.${room})
    endif()
  endforeach()
endfunction()

# fuzz.NAME: src/ROOM/NAME_fuzz.cc with libFuzzer; the target `fuzzers` builds them all (tools/fuzz runs them).
function(headscope_fuzzers target)
  cmake_parse_arguments(ARG "" "" "ROOMS" ${ARGN})
  if(NOT TARGET fuzzers)
    add_custom_target(fuzzers)
  endif()
  foreach(room IN LISTS ARG_ROOMS)
    file(GLOB fuzz_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/*_fuzz.cc)
    file(GLOB shared CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${room}/test_*.cc)
    foreach(source IN LISTS fuzz_sources)
      get_filename_component(name ${source} NAME_WE)
      string(REGEX REPLACE "_fuzz$" "" name ${name})
      add_executable(fuzz.${name} ${source} ${shared})
      target_include_directories(fuzz.${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
      target_link_libraries(fuzz.${name} PRIVATE ${target})
      target_link_options(fuzz.${name} PRIVATE -fsanitize=fuzzer)
      headscope_warnings(fuzz.${name})
      add_dependencies(fuzzers fuzz.${name})
    endforeach()
  endforeach()
endfunction()

# Where tests find their data and the program: one object, for all of them (tests/support/test_paths.h).
function(headscope_test_paths)
  if(TARGET headscope_test_paths)
    return()
  endif()
  add_library(headscope_test_paths STATIC ${PROJECT_SOURCE_DIR}/tests/support/test_paths.cc)
  target_include_directories(headscope_test_paths PUBLIC ${PROJECT_SOURCE_DIR}/tests/support)
  target_compile_definitions(headscope_test_paths PRIVATE HEADSCOPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    HEADSCOPE_PROGRAM="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/headscope")
  headscope_warnings(headscope_test_paths)
endfunction()

# On one thread a test of thread counts cannot fail: it is skipped by its name.
set(HEADSCOPE_SKIPPED_TESTS "")
if(NOT HEADSCOPE_OPENMP)
  set(HEADSCOPE_SKIPPED_TESTS "*Thread*")
endif()

# A GoogleTest program NAME. SKIP: a pattern of names that its test does not run.
function(headscope_test name)
  cmake_parse_arguments(ARG "" "LIBRARY;SKIP" "SOURCES;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  headscope_test_paths()
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARY} headscope_test_paths GTest::gmock GTest::gtest_main)
  headscope_warnings(${name})
  # Tables of cases name only the fields that matter.
  target_compile_options(${name} PRIVATE -Wno-missing-field-initializers)
  # Half of a build is tests: undefined behaviour is looked for in what they test, not in them.
  if(HEADSCOPE_SANITIZE MATCHES undefined)
    target_compile_options(${name} PRIVATE -fno-sanitize=undefined)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 600
    ENVIRONMENT "GTEST_FILTER=-${ARG_SKIP}:${HEADSCOPE_SKIPPED_TESTS}")
endfunction()

# Puts FILE into TARGET as bytes: extern "C" const unsigned char SYMBOL[]; extern "C" const unsigned long SYMBOL_size;
function(headscope_embed target symbol file)
  set(asm ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol}.S)
  file(WRITE ${asm}.in ".section .rodata\n.global ${symbol}\n.balign 64\n${symbol}:\n.incbin \"${file}\"\n1:\n.byte 0\n.global ${symbol}_size\n.balign 8\n${symbol}_size:\n.quad 1b - ${symbol}\n.section .note.GNU-stack,\"\",@progbits\n")
  configure_file(${asm}.in ${asm} COPYONLY)
  set_source_files_properties(${asm} PROPERTIES OBJECT_DEPENDS ${file})
  target_sources(${target} PRIVATE ${asm})
endfunction()

# bert_tables.inc for src/text: generated, because the reference mixes Unicode versions
# (docs/decisions/003-bert-character-tables.md).
function(headscope_bert_tables target)
  set(data ${PROJECT_SOURCE_DIR}/data/unicode/bert-codepoints.json)
  set(tables ${PROJECT_BINARY_DIR}/generated/bert_tables.inc)
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated)
  add_executable(bert_tables ${PROJECT_SOURCE_DIR}/tools/bert_tables.cc)
  target_link_libraries(bert_tables PRIVATE nlohmann_json::nlohmann_json)
  add_custom_command(OUTPUT ${tables} COMMAND bert_tables ${data} ${tables} DEPENDS bert_tables ${data})
  target_sources(${target} PRIVATE ${tables})
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
