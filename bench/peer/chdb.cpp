// chDB's C functions, found by name in libchdb.so (its npm package brings no header). The library is half a gigabyte
// with an allocator and signal handlers of its own, so it is bound deeply (its symbols before ours) and never unloaded.
#include <cstring>

#include <dlfcn.h>
#include <fmt/format.h>

#include "bench/peer/sql.hpp"

namespace tessera::bench {
namespace {

struct Functions {
  void** (*connect)(int, char**);  // chdb_connection*, itself a pointer to what chdb_query takes
  void (*close)(void**);
  void* (*query)(void*, const char*, size_t, const char*, size_t);
  void (*destroy)(void*);
  const char* (*buffer)(void*);
  size_t (*length)(void*);
  const char* (*error)(void*);
};

template <typename F>
bool find(void* library, const char* name, F& function) {
  void* const symbol = dlsym(library, name);
  std::memcpy(&function, &symbol, sizeof symbol);
  return symbol != nullptr;
}

class Chdb final : public SqlPeer {
 public:
  Chdb(Functions functions, void** connection) : call_(functions), connection_(connection) {
    if (const auto version = query("SELECT version()")) version_ = version->substr(1, version->find('"', 1) - 1);
  }
  ~Chdb() override { call_.close(connection_); }

  std::string name() const override { return "ClickHouse " + version_ + " (chDB)"; }

  Result<std::string> query(std::string_view sql) override {
    constexpr std::string_view kFormat = "CSV";
    void* const result = call_.query(*connection_, sql.data(), sql.size(), kFormat.data(), kFormat.size());
    if (!result) return fail("chDB gave no result", std::string(sql));
    const char* const error = call_.error(result);
    Result<std::string> rows = error ? Result<std::string>(fail(error, std::string(sql)))
                                     : std::string(call_.buffer(result), call_.length(result));
    call_.destroy(result);
    return rows;
  }

 private:
  Functions call_;
  void** connection_;
  std::string version_ = "?";
};

}  // namespace

Result<std::unique_ptr<SqlPeer>> open_chdb(const std::string& folder) {
  const std::string path = TESSERA_BENCH_DIR "/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
  if (!library)
    return fail(fmt::format("cannot load chDB: {}", dlerror()), path,
                TESSERA_BENCH_DIR "/../tools/fetch_npm " TESSERA_BENCH_DIR);
  Functions call{};
  if (!find(library, "chdb_connect", call.connect) || !find(library, "chdb_close_conn", call.close) ||
      !find(library, "chdb_query_n", call.query) || !find(library, "chdb_destroy_query_result", call.destroy) ||
      !find(library, "chdb_result_buffer", call.buffer) || !find(library, "chdb_result_length", call.length) ||
      !find(library, "chdb_result_error", call.error))
    return fail("the library lacks a function of chDB's C interface", path);
  std::string program = "clickhouse", where = "--path=" + folder;
  char* words[] = {program.data(), where.data()};
  void** const connection = call.connect(folder.empty() ? 1 : 2, words);
  if (!connection || !*connection) return fail("chDB does not open", folder);
  return std::make_unique<Chdb>(call, connection);
}

}  // namespace tessera::bench
