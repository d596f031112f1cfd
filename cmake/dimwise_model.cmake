# cmake/dimwise_model.cmake: builds a model's binary in a CMake project.
include_guard(GLOBAL)

# Flags of every translation unit that holds kernels. -ffp-contract=fast makes g++ and clang fuse alike; never -ffast-math.
set(DIMWISE_KERNEL_OPTIONS -O3 -ffp-contract=fast)

# dimwise_add_model(NAME SOURCES file.cpp ... [LIBRARIES target ...])
#
# An executable NAME of model files and what belongs to them, linked with dimwise::runtime. Kernels are always compiled
# optimised, also in a debug build, for the instruction set DIMWISE_MARCH (default: native).
function(dimwise_add_model name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "dimwise_add_model(${name} SOURCES file.cpp ... [LIBRARIES target ...]): SOURCES is missing or an argument is unknown: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE dimwise::runtime ${arg_LIBRARIES})
  dimwise_kernel_options(${name})
  if(PROJECT_NAME STREQUAL "dimwise")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
    target_link_libraries(${name} PRIVATE dimwise_own_options)
    list(GET arg_SOURCES 0 first)
    get_filename_component(folder "${CMAKE_CURRENT_SOURCE_DIR}/${first}" DIRECTORY)
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_compile_definitions(${name} PRIVATE "DIMWISE_EXAMPLE_FOLDER=\"${folder}\"")
  endif()
endfunction()

# dimwise_kernel_options(TARGET): compiles TARGET as a unit that holds kernels.
function(dimwise_kernel_options target)
  set(march "${DIMWISE_MARCH}")
  if(NOT march)
    set(march native)
  endif()
  target_compile_options(${target} PRIVATE ${DIMWISE_KERNEL_OPTIONS} -march=${march}
                                           "$<$<CXX_COMPILER_ID:Clang,AppleClang>:-fconstexpr-steps=50000000;-Wno-unknown-warning-option;-Wno-invalid-feature-combination>")
endfunction()
