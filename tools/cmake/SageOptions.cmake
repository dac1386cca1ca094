# Everything of the build that can be switched. A parent project gets the library alone unless it asks for more.
option(SAGE_BUILD_APPS "Build the applications in apps/" ${PROJECT_IS_TOP_LEVEL})
option(SAGE_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SAGE_BUILD_BENCHES "Build the benches of tests/bench" OFF)
option(SAGE_BUILD_FUZZERS "Build the fuzzers of tests/fuzz (clang)" OFF)
option(SAGE_INSTALL "Make the install rules" ${PROJECT_IS_TOP_LEVEL})
option(SAGE_PRECOMPILED_HEADERS "Precompile the headers most files need" ON)
option(SAGE_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)

# One shared library with a soname is the default; a parent project decides for itself.
if(PROJECT_IS_TOP_LEVEL)
  option(BUILD_SHARED_LIBS "Build libsage.so (ON) or libsage.a (OFF)" ON)
endif()
