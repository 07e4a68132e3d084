# bought_lists(): the lists that come as packages of npm (deps/package-lock.json), as headers in ${TESSERA_BOUGHT} that
# the one .cpp of each reads: <stop_words.hpp> and <robot_agents.hpp>. Made when CMake runs, again when a list changes;
# node is not needed.
set(TESSERA_BOUGHT ${CMAKE_BINARY_DIR}/bought)

# Written only when it differs, so that what includes it is not compiled for nothing.
function(write_list file comment body)
  file(CONFIGURE OUTPUT ${TESSERA_BOUGHT}/${file} CONTENT [[
// @comment@ Made by cmake/bought_lists.cmake.
#pragma once
#include <string_view>
namespace tessera::bought {
@body@
}  // namespace tessera::bought
]] @ONLY)
endfunction()

# One text a language, in the order of features::Language.
function(stop_words)
  set(body "inline constexpr std::string_view kStopWords[] = {\n")
  foreach(language en de fr es)
    set(json ${CMAKE_SOURCE_DIR}/deps/node_modules/stopwords-json/dist/${language}.json)
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${json})
    file(READ ${json} words)
    string(REGEX MATCHALL "\"[^\"]+\"" words "${words}")
    list(JOIN words " " words)
    string(REPLACE "\"" "" words "${words}")
    string(APPEND body "R\"~(${words})~\",\n")
  endforeach()
  write_list(stop_words.hpp "Stop words by language: npm's stopwords-json (Apache-2.0)." "${body}};")
endfunction()

# The patterns are regular expressions, nearly all of them plain text: what can be written as a few texts becomes these
# ("[wW]get", "Ahrefs(Bot|SiteAudit)"); what cannot ("Spider[\s\S]*spider\.com", 5 of 1,500) is left out.
function(robot_agents)
  set(json ${CMAKE_SOURCE_DIR}/deps/node_modules/crawler-user-agents/crawler-user-agents.json)
  set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${json})
  file(STRINGS ${json} lines ENCODING UTF-8 REGEX "^ *\"pattern\": ")
  # In lists of CMake ';', '[' and ']' mean something.
  string(ASCII 1 semicolon)
  string(ASCII 2 open)
  string(ASCII 3 close)
  set(body "struct Agent {\n  std::string_view text;\n  bool begins = false, ends = false;  // there alone\n};\n")
  string(APPEND body "inline constexpr Agent kAgents[] = {\n")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^ *\"pattern\": \"(.*)\",?$" "\\1" pattern "${line}")
    string(REPLACE "\\\\" "\\" pattern "${pattern}")
    string(REPLACE "\\\"" "\"" pattern "${pattern}")
    string(REPLACE ";" "${semicolon}" pattern "${pattern}")
    string(REPLACE "[" "${open}" pattern "${pattern}")
    string(REPLACE "]" "${close}" pattern "${pattern}")
    set(work "${pattern}")
    while(NOT work STREQUAL "")
      list(POP_FRONT work text)
      if(text MATCHES "^(.*)${open}([A-Za-z])([A-Za-z])${close}(.*)$")
        list(APPEND work "${CMAKE_MATCH_1}${CMAKE_MATCH_2}${CMAKE_MATCH_4}" "${CMAKE_MATCH_1}${CMAKE_MATCH_3}${CMAKE_MATCH_4}")
      elseif(text MATCHES "^(.*[^\\\\])?\\(([^()\\\\]*)\\|([^()\\\\|]*)\\)(.*)$")
        set(before "${CMAKE_MATCH_1}")
        set(choices "${CMAKE_MATCH_2}|${CMAKE_MATCH_3}")
        set(after "${CMAKE_MATCH_4}")
        string(REPLACE "|" ";" choices "${choices}")
        foreach(choice IN LISTS choices)
          list(APPEND work "${before}${choice}${after}")
        endforeach()
      elseif(text MATCHES "^([^()]*)\\|([^()|]*)$")
        list(APPEND work "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
      else()
        append_agent("${text}")
      endif()
    endwhile()
  endforeach()
  string(REPLACE "${semicolon}" ";" body "${body}")
  write_list(robot_agents.hpp "Agents of robots: npm's crawler-user-agents (MIT)." "${body}};")
endfunction()

function(append_agent plain)
  set(ends "")
  if(plain MATCHES "^\\^(.*)$")
    set(plain "${CMAKE_MATCH_1}")
    set(ends ", true")
  endif()
  if(plain MATCHES "^(.*)\\$$")
    set(plain "${CMAKE_MATCH_1}")
    set(ends ", false, true")
  endif()
  string(REGEX REPLACE "\\\\[^A-Za-z0-9]" "" left "${plain}")
  string(FIND "${left}" "\\" backslash)
  if(backslash EQUAL -1 AND NOT left MATCHES "[(){}*+?|^$.${open}${close}]")
    string(REGEX REPLACE "\\\\([^A-Za-z0-9])" "\\1" plain "${plain}")
    set(body "${body}{R\"~(${plain})~\"${ends}},\n" PARENT_SCOPE)
  endif()
endfunction()

function(bought_lists)
  foreach(package stopwords-json crawler-user-agents)
    if(NOT EXISTS ${CMAKE_SOURCE_DIR}/deps/node_modules/${package}/package.json)
      message(FATAL_ERROR "${package} is missing: run './run build', or 'tools/fetch_npm deps'")
    endif()
  endforeach()
  stop_words()
  robot_agents()
endfunction()
