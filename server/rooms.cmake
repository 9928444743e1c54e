# A room is a folder of server/ with one static library, zest_<room>. Its link interface is the list of rooms
# that it may include; tests/include_dag.py checks the same list against the #include lines.

set(ZEST_VERSION_DEFINE "ZEST_VERSION=\"${PROJECT_VERSION}\"")

add_library(zest_options INTERFACE)
target_compile_options(zest_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns falsely about `"text" + std::string(…)` once it optimises (GCC bug 105651).
  target_compile_options(zest_options INTERFACE -Wno-restrict)
endif()
if(ZEST_WERROR)
  target_compile_options(zest_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(zest_options INTERFACE -Wthread-safety)
endif()
if(ZEST_SANITIZE)
  target_compile_options(zest_options INTERFACE -fsanitize=${ZEST_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all)
  target_link_options(zest_options INTERFACE -fsanitize=${ZEST_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND ZEST_SANITIZE MATCHES "address|undefined")
    # GCC's manual: with these sanitizers it warns falsely, here about std::regex.
    target_compile_options(zest_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
target_include_directories(zest_options INTERFACE ${PROJECT_SOURCE_DIR}/server)

# zest_room(<name> ROOMS <rooms it may include> LIBRARIES <third-party targets behind its door>)
function(zest_room name)
  cmake_parse_arguments(arg "" "" "ROOMS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    add_library(zest_${name} INTERFACE)
    set(visibility INTERFACE)
  else()
    add_library(zest_${name} STATIC ${sources})
    set(visibility PUBLIC)
  endif()
  target_link_libraries(zest_${name} ${visibility} zest_options)
  foreach(room ${arg_ROOMS})
    target_link_libraries(zest_${name} ${visibility} zest_${room})
  endforeach()
  if(sources)
    target_link_libraries(zest_${name} PRIVATE ${arg_LIBRARIES})
  endif()
endfunction()

# zest_embed(<target> <accessor> BASE <dir> FILES <files…>): compiles files into the target, read through
# `std::span<const EmbeddedFile> zest::embedded::<accessor>()` of base/embedded.h.
function(zest_embed target accessor)
  cmake_parse_arguments(arg "" "BASE" "FILES" ${ARGN})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_${accessor}.cpp)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DACCESSOR=${accessor} -DBASE=${arg_BASE} -DOUTPUT=${output} "-DFILES=${arg_FILES}"
            -P ${PROJECT_SOURCE_DIR}/server/embed.cmake
    DEPENDS ${arg_FILES} ${PROJECT_SOURCE_DIR}/server/embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
