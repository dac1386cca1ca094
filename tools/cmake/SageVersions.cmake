# The versions of the libraries that were found, as SAGE_LIBRARY_VERSIONS: "CAF 0.17.6,Boost 1.74.0". Some ship no CMake
# package that would tell; their headers do.

# number_in(HEADER REGEX VARIABLE): what stands behind the first match of REGEX in a line of HEADER.
function(number_in header regex variable)
  set(${variable} "" PARENT_SCOPE)
  if(EXISTS "${header}")
    file(STRINGS "${header}" line REGEX "${regex}" LIMIT_COUNT 1)
    string(REGEX REPLACE ".*${regex}[ \t]*([0-9]+).*" "\\1" number "${line}")
    set(${variable} "${number}" PARENT_SCOPE)
  endif()
endfunction()

set(SAGE_LIBRARY_VERSIONS "Boost ${Boost_VERSION_STRING},nlohmann-json ${nlohmann_json_VERSION},spdlog ${spdlog_VERSION}")

number_in("${CAF_INCLUDE_DIR}/caf/config.hpp" "define CAF_VERSION" number)
if(number)
  math(EXPR major "${number} / 10000")
  math(EXPR minor "${number} / 100 % 100")
  math(EXPR patch "${number} % 100")
  string(PREPEND SAGE_LIBRARY_VERSIONS "CAF ${major}.${minor}.${patch},")
endif()
foreach(part MAJOR MINOR REVISION)
  number_in("${SAGE_MSGPACK_INCLUDE_DIR}/msgpack/version_master.hpp" "define MSGPACK_VERSION_${part}" ${part})
endforeach()
if(MAJOR)
  string(APPEND SAGE_LIBRARY_VERSIONS ",msgpack ${MAJOR}.${MINOR}.${REVISION}")
endif()
if(SAGE_WITH_YAML)
  string(APPEND SAGE_LIBRARY_VERSIONS ",yaml-cpp ${yaml-cpp_VERSION}")
endif()
if(SAGE_WITH_ZLIB)
  string(APPEND SAGE_LIBRARY_VERSIONS ",zlib ${ZLIB_VERSION_STRING}")
endif()
