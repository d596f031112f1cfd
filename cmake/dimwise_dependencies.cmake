# cmake/dimwise_dependencies.cmake: finds what dimwise needs; one clear message with the Debian package for each missing part.
include_guard(GLOBAL)

# dimwise_header_library(NAME HEADER PACKAGE [SUFFIX ...])
#
# Defines the imported interface target NAME for a header-only library, found by its header, for libraries whose packages
# bring no CMake configuration on every system. PACKAGE is the Debian package named when the header is missing.
function(dimwise_header_library name header package)
  if(TARGET ${name})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "DIMWISE_${name}_INCLUDE" variable)
  find_path(${variable} "${header}" PATH_SUFFIXES ${ARGN})
  mark_as_advanced(${variable})
  if(NOT ${variable})
    set_property(GLOBAL APPEND PROPERTY DIMWISE_MISSING "  ${header}: Debian package ${package}")
    return()
  endif()
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  # Directories that every compiler searches anyway are left out: naming them changes the order of #include_next.
  if(NOT ${variable} IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    target_include_directories(${name} INTERFACE "${${variable}}")
  endif()
endfunction()

# dimwise_compiled_library(NAME HEADER LIBRARY PACKAGE)
#
# The same for a library that is linked: LIBRARY is its name after "lib".
function(dimwise_compiled_library name header library package)
  if(TARGET ${name})
    return()
  endif()
  dimwise_header_library(${name} "${header}" ${package})
  if(NOT TARGET ${name})
    return()
  endif()
  string(MAKE_C_IDENTIFIER "DIMWISE_${name}_LIBRARY" variable)
  find_library(${variable} ${library})
  mark_as_advanced(${variable})
  if(NOT ${variable})
    set_property(GLOBAL APPEND PROPERTY DIMWISE_MISSING "  lib${library}: Debian package ${package}")
    return()
  endif()
  set_target_properties(${name} PROPERTIES INTERFACE_LINK_LIBRARIES "${${variable}}")
endfunction()

# Stops with the whole list if a required part was not found.
function(dimwise_report_missing)
  get_property(missing GLOBAL PROPERTY DIMWISE_MISSING)
  if(missing)
    list(JOIN missing "\n" text)
    message(FATAL_ERROR "dimwise: these parts are missing:\n${text}\nInstall them (Debian: apt-get install ...), or name their "
                        "place with -DCMAKE_PREFIX_PATH=..., and configure again.")
  endif()
endfunction()

# What the headers alone need.
macro(dimwise_require_headers)
  dimwise_header_library(dimwise::xsimd "xsimd/xsimd.hpp" libxsimd-dev)
  dimwise_header_library(dimwise::boost "boost/hana.hpp" libboost-dev)
  set(DIMWISE_HEADER_DEPENDENCIES dimwise::xsimd dimwise::boost)
  dimwise_report_missing()
endmacro()

# What the runtime library and the program need besides.
macro(dimwise_require_runtime)
  dimwise_header_library(dimwise::eigen "Eigen/Core" libeigen3-dev eigen3)
  dimwise_header_library(dimwise::multiprecision "boost/multiprecision/cpp_dec_float.hpp" libboost-dev)
  dimwise_header_library(dimwise::random123 "Random123/philox.h" librandom123-dev)
  dimwise_header_library(dimwise::cli11 "CLI/CLI.hpp" libcli11-dev)
  dimwise_header_library(dimwise::json "nlohmann/json.hpp" nlohmann-json3-dev)
  dimwise_compiled_library(dimwise::lbfgs "lbfgs.h" lbfgs liblbfgs-dev)
  dimwise_compiled_library(dimwise::sundials "cvode/cvode.h" sundials_cvode libsundials-dev)
  dimwise_report_missing()
  find_package(Threads REQUIRED)
endmacro()

# What the tests need besides.
macro(dimwise_require_tests)
  find_package(Catch2 QUIET)
  if(NOT Catch2_FOUND)
    set_property(GLOBAL APPEND PROPERTY DIMWISE_MISSING "  Catch2 2 or 3: Debian package catch2")
  endif()
  dimwise_report_missing()
endmacro()
