# One library target a folder: palimpsest_layer(name SOURCES ... DEPENDS ... PRIVATE_DEPENDS ...)
# makes target palimpsest_<name>, alias palimpsest::<name>, with the project's warnings.

function(palimpsest_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -fno-math-errno)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_EXTENSIONS OFF)
endfunction()

function(palimpsest_layer name)
  cmake_parse_arguments(LAYER "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(palimpsest_${name} STATIC ${LAYER_SOURCES})
  add_library(palimpsest::${name} ALIAS palimpsest_${name})
  palimpsest_compile_options(palimpsest_${name})
  target_link_libraries(palimpsest_${name} PUBLIC ${LAYER_DEPENDS} PRIVATE ${LAYER_PRIVATE_DEPENDS})
endfunction()
