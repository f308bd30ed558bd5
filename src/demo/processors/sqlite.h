/// As much of SQLite's C interface as a processor needs, with destructors.
#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace triloop {

/// A prepared statement: values into its question marks, then step() through its rows. Throws
/// std::runtime_error with SQLite's words. What a peer sent is always bound, never part of the SQL.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) : database_(database) {
    check(::sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr));
  }
  ~Statement() { ::sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// `text` must outlive the statement.
  Statement& bind(int place, const std::string& text) {
    const auto size = static_cast<sqlite3_uint64>(text.size());
    check(::sqlite3_bind_text64(statement_, place, text.data(), size, SQLITE_STATIC, SQLITE_UTF8));
    return *this;
  }
  Statement& bind(int place, std::uint64_t number) {
    check(::sqlite3_bind_int64(statement_, place, static_cast<sqlite3_int64>(number)));
    return *this;
  }

  /// True while there is another row. Blocks on the disk, and on other processes that write.
  bool step() {
    const int result = ::sqlite3_step(statement_);
    if (result != SQLITE_ROW && result != SQLITE_DONE) check(result);
    return result == SQLITE_ROW;
  }

  std::uint64_t number(int column) const {
    return static_cast<std::uint64_t>(::sqlite3_column_int64(statement_, column));
  }
  /// Empty if it is NULL.
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, column));
    const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes, size);
  }

 private:
  void check(int result) const {
    if (result != SQLITE_OK) throw std::runtime_error(::sqlite3_errmsg(database_));
  }

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

/// What is written between its making and commit() is written as a whole, or not at all. Making it
/// blocks on other processes that write.
class Transaction {
 public:
  explicit Transaction(sqlite3* database) : database_(database) {
    Statement(database_, "BEGIN IMMEDIATE").step();
  }
  ~Transaction() {
    if (open_) ::sqlite3_exec(database_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit() {
    Statement(database_, "COMMIT").step();
    open_ = false;
  }

 private:
  sqlite3* database_;
  bool open_ = true;
};

}  // namespace triloop
