# Language level, warnings, and what makes a rebuild quick. Only the warnings reach a parent project's build.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(PROJECT_IS_TOP_LEVEL)
  include(CheckLinkerFlag)

  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
  set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  # The build folder may be moved, and a changed libsage.so does not relink every program.
  set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
  set(CMAKE_LINK_DEPENDS_NO_SHARED ON)

  # ccache sees through precompiled headers only when told that their times and macros may differ. Paths are taken
  # relative to the tree, so that a second checkout (a worktree, a fresh clone) finds what the first has compiled.
  find_program(SAGE_CCACHE ccache)
  if(SAGE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" CCACHE_NOHASHDIR=1 "${SAGE_CCACHE}")
  endif()

  # The first linker of this list that is there; otherwise the compiler's own.
  foreach(linker mold lld)
    string(TOUPPER "SAGE_LINKER_${linker}" found)
    check_linker_flag(CXX "-fuse-ld=${linker}" ${found})
    if(${found})
      add_link_options("-fuse-ld=${linker}")
      break()
    endif()
  endforeach()
endif()

# Flags of our own sources, never of a user's.
add_library(sage_flags INTERFACE)
# __FILE__ (broken invariants say where they are) is relative to the tree: the package does not name its build folder.
target_compile_options(sage_flags INTERFACE -Wall -Wextra -Wpedantic "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")
if(SAGE_WARNINGS_AS_ERRORS)
  target_compile_options(sage_flags INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A shared library may still inline its own functions; ccache needs the preprocessed precompiled header.
  target_compile_options(sage_flags INTERFACE -fno-semantic-interposition -fpch-preprocess)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 on std::string and std::variant: v.push_back("literal"), "a" + s (gcc.gnu.org bugs 105329,
  # 105651), *std::get_if. The sanitizers and clang look at the same places.
  target_compile_options(sage_flags INTERFACE -Wno-array-bounds -Wno-restrict -Wno-stringop-overread
    -Wno-maybe-uninitialized)
endif()

# sage_precompile(TARGET HEADER...): precompiles <HEADER>... for a target unless switched off.
function(sage_precompile target)
  if(SAGE_PRECOMPILED_HEADERS)
    list(TRANSFORM ARGN REPLACE "^([^\"/].*)$" "<\\1>" OUTPUT_VARIABLE headers)
    target_precompile_headers(${target} PRIVATE ${headers})
  endif()
endfunction()
