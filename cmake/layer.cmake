# layer(NAME [LIBS ...]): one folder of src/ is one static library. What it may link (and so include) is read from
# src/LAYERS, so the build and the layer check cannot disagree. Tests of the room are tests/NAME/*.cpp in one program.
file(STRINGS ${CMAKE_SOURCE_DIR}/src/LAYERS TESSERA_LAYERS REGEX "^[a-z]")

# cmake/SANITIZED names the rooms that .ci/run sanitizes, each with the reason.
file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/SANITIZED TESSERA_LISTED REGEX "^[a-z]")
list(TRANSFORM TESSERA_LISTED REPLACE ":.*" "")

# is_sanitized(OUT ROOM): whether the room's objects carry the sanitizers in this build.
function(is_sanitized out room)
  set(listed OFF)
  if(room IN_LIST TESSERA_LISTED)
    set(listed ON)
  endif()
  set(${out} OFF PARENT_SCOPE)
  if(TESSERA_SANITIZE
     AND (TESSERA_SANITIZE_ROOMS STREQUAL "all"
          OR (TESSERA_SANITIZE_ROOMS STREQUAL "listed" AND listed)
          OR (TESSERA_SANITIZE_ROOMS STREQUAL "others" AND NOT listed)))
    set(${out} ON PARENT_SCOPE)
  endif()
endfunction()

# shared_header(NAME [LIBS ...] HEADER...): a precompiled header, and NAME_sanitized beside it in a build with sanitizers.
function(shared_header name)
  cmake_parse_arguments(SHARED "" "LIBS" "" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
  target_link_libraries(${name} PRIVATE tessera_flags ${SHARED_LIBS})
  target_precompile_headers(${name} PRIVATE ${SHARED_UNPARSED_ARGUMENTS})
  if(TESSERA_SANITIZE)
    add_library(${name}_sanitized OBJECT ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
    target_link_libraries(${name}_sanitized PRIVATE tessera_flags ${SHARED_LIBS})
    target_compile_options(${name}_sanitized PRIVATE ${TESSERA_SANITIZE_OPTIONS})
    target_precompile_headers(${name}_sanitized PRIVATE ${SHARED_UNPARSED_ARGUMENTS})
  endif()
endfunction()

# use_header(TARGET HEADER SANITIZED): TARGET is compiled with the shared header, sanitized or as the release binary is.
function(use_header target header sanitized)
  if(sanitized)
    target_compile_options(${target} PRIVATE ${TESSERA_SANITIZE_OPTIONS})
    target_precompile_headers(${target} REUSE_FROM ${header}_sanitized)
  else()
    target_precompile_headers(${target} REUSE_FROM ${header})
  endif()
endfunction()

# in_unity(ROOM SOURCE...): the room's sources are compiled eight at once, which saves a sixth to a third of the time.
# Those of TESSERA_ALONE stay by themselves: in their unnamed namespaces is a name that a sibling's has too.
set(TESSERA_ALONE
    core/phone core/thread_memory fold/values formats/documents formats/json_text formats/order_status
    formats/preset_[a-z]* formats/times ingest/order_state ingest/segment_spec_events language/print
    language/tree_json privacy/name_structure profiles/load profiles/rare_columns profiles/ruling segment/cuts
    segment/evaluate segment/nodes server/[a-z_]*_routes server/engine_json server/management server/tracking
    store/record)
function(in_unity room)
  list(JOIN TESSERA_ALONE "|" alone)
  foreach(source ${ARGN})
    if(source MATCHES "/src/(${alone})\\.cpp$")
      set_source_files_properties(${source} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  set_target_properties(${room} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
endfunction()

function(layer name)
  cmake_parse_arguments(LAYER "" "" "LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  is_sanitized(sanitized ${name})
  use_header(${name} tessera_pch ${sanitized})
  if(sanitized AND name IN_LIST TESSERA_LISTED)
    in_unity(${name} ${sources})
  endif()
  target_link_libraries(${name} PRIVATE tessera_flags ${LAYER_LIBS})
  foreach(line ${TESSERA_LAYERS})
    string(REGEX MATCH "^([a-z_]+): *(.*)$" matched "${line}")
    if(CMAKE_MATCH_1 STREQUAL name AND CMAKE_MATCH_2)
      string(REPLACE " " ";" below "${CMAKE_MATCH_2}")
      foreach(room ${below})
        if(TARGET ${room})
          target_link_libraries(${name} PUBLIC ${room})
        endif()
      endforeach()
    endif()
  endforeach()
  layer_tests(${name})
endfunction()

# A test of concurrency says so in its name; the thread sanitizer runs those alone (ten times slower than the plain build),
# so that of the files with tests it needs only theirs.
set(TESSERA_CONCURRENT "Parallel|Thread|Concurrent") # ./run has it too
function(only_concurrent out)
  set(found OFF)
  set(kept "")
  foreach(source ${ARGN})
    file(STRINGS ${source} tests REGEX "^TEST")
    if(tests MATCHES "${TESSERA_CONCURRENT}")
      set(found ON)
    endif()
    if(NOT tests OR tests MATCHES "${TESSERA_CONCURRENT}")
      list(APPEND kept ${source})
    endif()
  endforeach()
  if(NOT found)
    set(kept "")
  endif()
  set(${out} ${kept} PARENT_SCOPE)
endfunction()

# tests/NAME/*.cpp become the program test_NAME and one entry of ctest. Where some rooms are sanitized, theirs alone; but
# the binary, made of them, gets from the tests of cli what strangers send.
function(layer_tests name)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  list(FILTER tests EXCLUDE REGEX "/node_modules/")
  if(TESSERA_SANITIZE STREQUAL "thread")
    only_concurrent(tests ${tests})
  endif()
  is_sanitized(sanitized ${name})
  set(only "")
  if(TESSERA_SANITIZE AND NOT sanitized)
    if(NOT name STREQUAL cli)
      return()
    endif()
    set(only --gtest_filter=BadInput*:BrokenImport*:Hostile*:Overload*:Survival*)
  endif()
  if(NOT tests OR NOT TESSERA_TESTS)
    return()
  endif()
  if(name STREQUAL segment) # the slow, obvious evaluators that answer beside the fast ones
    file(GLOB oracle CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/oracle/*.cpp)
    list(APPEND oracle ${CMAKE_SOURCE_DIR}/tests/language/random_tree.cpp)
  elseif(name STREQUAL cli) # random definitions
    set(oracle ${CMAKE_SOURCE_DIR}/tests/language/random_tree.cpp)
  elseif(name STREQUAL live) # the same
    set(oracle ${CMAKE_SOURCE_DIR}/tests/language/random_tree.cpp ${CMAKE_SOURCE_DIR}/tests/oracle/shop.cpp)
  endif()
  add_executable(test_${name} ${tests} ${oracle})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  use_header(test_${name} tessera_test_pch ${sanitized})
  target_link_libraries(test_${name} PRIVATE tessera_flags tessera_test_flags ${name} ${ARGN} tessera_test_support
                                             GTest::gtest_main rapidcheck)
  add_dependencies(tests test_${name})
  # Each test's name as it begins, so that one that hangs is named (./run leaves out those that passed).
  add_test(NAME ${name} COMMAND test_${name} ${only} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "RC_PARAMS=seed=20260301" TIMEOUT 1500)
  if(name MATCHES "^(cli|cluster|discover|formats|ingest|live|server)$") # the longest begin first
    set_tests_properties(${name} PROPERTIES COST 100)
  endif()
endfunction()
