#include "formats/bytes.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "core/gzip.hpp"

namespace tessera::formats {
namespace {

struct Magic {
  std::string_view bytes, what;
  std::string_view program, raw, note;  // what helps: the program, then the file, then the rest
};

// Kinds of files that people hand over by mistake, by their first bytes.
constexpr Magic kForeign[] = {
    {"PK\x03\x04", "a workbook (xlsx, ods) or a zip archive", "libreoffice --headless --convert-to csv", "",
     "if it is a workbook; an archive: unzip"},
    {"\xD0\xCF\x11\xE0", "an old Excel workbook (xls)", "libreoffice --headless --convert-to csv", "", ""},
    {"%PDF", "a PDF document", "ls -l", "", "export the table behind it as CSV and import that"},
    {"\x89PNG", "a picture", "ls -l", "", "export the table as CSV and import that"},
    {"\xFF\xD8\xFF", "a picture", "ls -l", "", "export the table as CSV and import that"},
    {"SQLite format 3", "an SQLite database", "sqlite3", ".tables",
     "then: sqlite3 -header -csv FILE 'SELECT * FROM TABLE' > table.csv"},
    {"BZh", "compressed with bzip2", "bunzip2 -k", "", ""},
    {"\x28\xB5\x2F\xFD", "compressed with zstd", "unzstd -k", "", ""},
    {"\xFD"
     "7zXZ",
     "compressed with xz", "unxz -k", "", ""},
    {"Obj\x01", "an Avro file", "ls -l", "", "export it as Parquet, CSV or JSON lines and import that"},
    {"\x7F"
     "ELF",
     "a program", "ls -l", "", "import a CSV, JSON lines or Parquet file instead"},
};

class FileSource final : public ByteSource {
 public:
  explicit FileSource(GzipFile file) : file_(std::move(file)) {}
  Result<bool> read(std::string& out, size_t most) override { return file_.read(out, most); }
  uint64_t consumed() const override { return file_.consumed(); }

 private:
  GzipFile file_;
};

bool looks_binary(std::string_view head) {
  // UTF-16 has zeros too, but begins with its mark.
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) return false;
  size_t control = 0;
  for (const unsigned char c : head) {
    if (c == 0) return true;
    control += c < 32 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1B ? 1 : 0;
  }
  return control * 20 > head.size();
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_bytes(const OpenFile& file) {
  return std::make_unique<FileSource>(TRY(GzipFile::open(file.path)));
}

namespace {

// Of the folders above a path, the lowest that is there.
std::string nearest_folder(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::path folder = path.parent_path();
  while (!folder.empty() && !std::filesystem::is_directory(folder, code)) folder = folder.parent_path();
  return folder.empty() ? "." : folder.string();
}

// The command that takes a folder's files, all of the first kind that is in it.
Remedy files_of_folder(const std::string& path) {
  for (const std::string_view kind : {"csv", "csv.gz", "tsv", "jsonl", "ndjson", "json", "parquet"}) {
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(path, code)) {
      if (entry.path().string().ends_with(fmt::format(".{}", kind))) return try_again().files(path, kind);
    }
  }
  return try_shell("ls -l").argument(path).note("name the files to import");
}

}  // namespace

Result<OpenFile> examine_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code code;
  const fs::file_status status = fs::status(path, code);
  if (!fs::exists(status)) {
    return fail("no such file", path, try_shell("ls").argument(nearest_folder(path)));
  }
  if (fs::is_directory(status)) {
    return fail("is a folder, not a file", path, files_of_folder(path));
  }
  OpenFile file{.path = path, .size = fs::is_regular_file(status) ? fs::file_size(path, code) : 0};
  if (fs::is_regular_file(status) && file.size == 0) {
    return fail("the file is empty (0 bytes)", path, try_shell("ls -l").argument(path).note("then export it again"));
  }

  auto handle = GzipFile::open(path);
  if (!handle) return fail(handle.error().message, path, try_shell("ls -l").argument(path));
  std::string head;
  TRY(handle->read(head, 16 * 1024));
  file.is_gzip = handle->is_gzip();
  if (head.empty()) return fail("the file is empty (0 bytes after unpacking)", path, "zcat '" + path + "' | head");
  if (head.starts_with("PAR1")) {
    if (file.is_gzip) return fail("is a Parquet file inside a gzip", path, try_shell("gunzip -k").argument(path));
    file.kind = FileKind::Parquet;
    return file;
  }
  for (const Magic& magic : kForeign) {
    if (head.starts_with(magic.bytes)) {
      return fail(fmt::format("is {}, not a CSV, JSON lines or Parquet file", magic.what), path,
                  try_shell(std::string(magic.program))
                      .argument(path)
                      .raw(std::string(magic.raw))
                      .note(std::string(magic.note)));
    }
  }
  if (looks_binary(head)) {
    const size_t at = std::min(head.find('\0'), head.size() - 1);
    return fail(fmt::format("is a binary file (byte 0x{:02X} at offset {}), not a CSV, JSON lines or Parquet file",
                            static_cast<unsigned char>(head[at]), at),
                path,
                try_shell("od -c")
                    .argument(path)
                    .raw("| head -5")
                    .note("how it begins; export the table as CSV and import that"));
  }
  return file;
}

}  // namespace tessera::formats
