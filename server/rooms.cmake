# A room is a folder of server/, with those below it, and one static library, zest_<room>. Its link interface is the
# list of rooms that it may include; tests/include_dag.py checks the same list against the #include lines.

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
  if(ZEST_UNITY)
    # To clang the anonymous namespaces of a unit's files are one, in which a member may hide another file's name.
    target_compile_options(zest_options INTERFACE -Wno-shadow)
  endif()
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

# zest_unity(<target>): compiles up to 20 of the target's sources as one unit. Most of a file's compile time goes
# into the headers that all of them share; larger units would make the wait after a change of one file longer.
function(zest_unity target)
  if(NOT ZEST_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 20)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC takes included sources for headers, whose classes must not hold what is in an anonymous namespace.
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
endfunction()

# zest_quick_to_compile(<target>): for what does not run often enough to be worth an optimiser's time.
function(zest_quick_to_compile target)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# zest_room(<name> [COLD] ROOMS <rooms it may include> LIBRARIES <third-party targets behind its door>)
# COLD: no request and no webhook passes through it.
function(zest_room name)
  cmake_parse_arguments(arg "COLD" "" "ROOMS;LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
  if(NOT sources)
    add_library(zest_${name} INTERFACE)
    set(visibility INTERFACE)
  else()
    add_library(zest_${name} STATIC ${sources})
    set(visibility PUBLIC)
  endif()
  target_link_libraries(zest_${name} ${visibility} zest_options)
  if(sources)
    zest_unity(zest_${name})
    if(arg_COLD)
      zest_quick_to_compile(zest_${name})
    endif()
  endif()
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
