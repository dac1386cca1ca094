# What is checked beside the tests, each as one entry of ctest: layers, style, format, documentation, the promised
# compile errors, and that the checks themselves can fail.

# A script that checks the syntax of one file as a user of sage::sage would compile it.
set(SAGE_SYNTAX "${PROJECT_BINARY_DIR}/syntax")
file(CONFIGURE OUTPUT "${SAGE_SYNTAX}" @ONLY NEWLINE_STYLE UNIX CONTENT [[#!/bin/sh
# Written by tools/cmake/SageChecks.cmake.
LC_ALL=C exec "@CMAKE_CXX_COMPILER@" -std=c++20 -Wall -Wextra -Wno-unused -Wno-subobject-linkage -fsyntax-only -fdiagnostics-color=never \
  -I"@PROJECT_SOURCE_DIR@/libsage" -I"@PROJECT_BINARY_DIR@/generated/include" -I"@PROJECT_SOURCE_DIR@" "$@"
]])
file(CHMOD "${SAGE_SYNTAX}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
  WORLD_EXECUTE)

# sage_check(NAME COMMAND...): an entry labelled check.
function(sage_check name)
  add_test(NAME "check.${name}" COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties("check.${name}" PROPERTIES LABELS check SKIP_RETURN_CODE 77 TIMEOUT 600)
endfunction()

sage_check(layers "${CMAKE_COMMAND}" "-DROOT=${PROJECT_SOURCE_DIR}" -P "${PROJECT_SOURCE_DIR}/tools/cmake/CheckLayers.cmake")
sage_check(style "${PROJECT_SOURCE_DIR}/tools/checks/style")
sage_check(format "${PROJECT_SOURCE_DIR}/tools/format" --check)
sage_check(docs.links "${PROJECT_SOURCE_DIR}/tools/checks/docs_links")
sage_check(core_without_caf "${PROJECT_SOURCE_DIR}/tools/checks/core_without_caf" "${PROJECT_BINARY_DIR}"
  "${CMAKE_NM}")
sage_check(checks_can_fail "${PROJECT_SOURCE_DIR}/tests/checks/can_fail" "${CMAKE_COMMAND}" "${SAGE_SYNTAX}")

# One entry per page with examples.
file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/docs/guide/*.md")
foreach(page IN LISTS pages)
  file(RELATIVE_PATH page "${PROJECT_SOURCE_DIR}" "${page}")
  string(REGEX REPLACE "^docs/|\\.md$" "" name "${page}")
  string(REPLACE "/" "." name "${name}")
  string(TOLOWER "${name}" name)
  sage_check(docs.examples.${name} "${PROJECT_SOURCE_DIR}/tools/checks/docs_examples" "${SAGE_SYNTAX}" "${page}"
    "${PROJECT_BINARY_DIR}/docs_examples/${name}")
endforeach()

# One entry per promised compile error.
file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/compile_fail/*.cpp")
foreach(source IN LISTS sources)
  get_filename_component(name "${source}" NAME_WE)
  file(RELATIVE_PATH source "${PROJECT_SOURCE_DIR}" "${source}")
  add_test(NAME "compile_fail.${name}" COMMAND "${PROJECT_SOURCE_DIR}/tools/checks/expect_compile_error"
    "${SAGE_SYNTAX}" "${source}" WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties("compile_fail.${name}" PROPERTIES LABELS compile_fail TIMEOUT 300)
endforeach()

# Every public header compiles alone: one tiny source per header, compiled when the check runs (ccache remembers).
file(GLOB_RECURSE headers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/libsage/sage/*.hpp"
  "${PROJECT_SOURCE_DIR}/actors/embedded.hpp")
set(header_sources "")
foreach(header IN LISTS headers)
  file(RELATIVE_PATH include "${PROJECT_SOURCE_DIR}" "${header}")
  string(REGEX REPLACE "^libsage/" "" include "${include}")
  string(REGEX REPLACE "[/.]" "_" name "${include}")
  file(CONFIGURE OUTPUT "${PROJECT_BINARY_DIR}/headers/${name}.cpp" CONTENT "#include \"${include}\"\n")
  list(APPEND header_sources "${PROJECT_BINARY_DIR}/headers/${name}.cpp")
endforeach()
add_library(public_headers OBJECT EXCLUDE_FROM_ALL ${header_sources})
target_link_libraries(public_headers PRIVATE sage::sage)
target_compile_options(public_headers PRIVATE -O0 -g0)
sage_check(headers "${CMAKE_COMMAND}" --build "${PROJECT_BINARY_DIR}" --target public_headers)
set_tests_properties(check.headers PROPERTIES RUN_SERIAL TRUE TIMEOUT 1500)
