#include "sage/state/rocksdb_backend.hpp"

#include "sage/base/error.hpp"

#ifdef SAGE_HAS_ROCKSDB

#include <atomic>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <rocksdb/write_buffer_manager.h>
#include <stdlib.h>

namespace sage::state {

namespace {

void check(const rocksdb::Status& status, const std::string& place) {
  if (status.ok()) return;
  throw store_failure(errc::io, "the state store failed: " + status.ToString(), place,
                      "check the disk and its free space, or keep state in memory");
}

rocksdb::Slice slice_of(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view_of(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

class rocksdb_store final : public ordered_store {
 public:
  rocksdb_store(const std::string& path, const rocksdb::Options& options) : path_(path) {
    rocksdb::DB* opened = nullptr;
    check(rocksdb::DB::Open(options, path, &opened), path);
    db_.reset(opened);
    writing_.disableWAL = true;  // what a crash loses is recovered from checkpoints, not from here
  }

  void get(std::span<const std::string_view> keys, const found& each) override {
    const std::size_t count = keys.size();
    names_.clear();
    for (const std::string_view key : keys) names_.push_back(slice_of(key));
    values_ = std::vector<rocksdb::PinnableSlice>(count);
    statuses_.assign(count, rocksdb::Status());
    db_->MultiGet(reading_, db_->DefaultColumnFamily(), count, names_.data(), values_.data(), statuses_.data());
    for (std::size_t i = 0; i < count; ++i) {
      if (statuses_[i].IsNotFound()) continue;
      check(statuses_[i], path_);
      each(i, view_of(values_[i]));
    }
    values_.clear();
  }

  void write(const write_group& group) override {
    rocksdb::WriteBatch batch;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const write_group::write one = group.at(i);
      if (one.is_put) {
        batch.Put(slice_of(one.key), slice_of(one.value));
      } else {
        batch.Delete(slice_of(one.key));
      }
    }
    check(db_->Write(writing_, &batch), path_);
  }

  void scan(std::string_view from, std::string_view to, const visit& each) override {
    rocksdb::ReadOptions reading;
    const rocksdb::Slice bound = slice_of(to);
    reading.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(reading));
    for (at->Seek(slice_of(from)); at->Valid(); at->Next()) {
      if (!each(view_of(at->key()), view_of(at->value()))) return;
    }
    check(at->status(), path_);
  }

 private:
  std::string path_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteOptions writing_;
  rocksdb::ReadOptions reading_;
  std::vector<rocksdb::Slice> names_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
};

class rocksdb_backend final : public state_backend {
 public:
  explicit rocksdb_backend(const rocksdb_options& options) : options_(options) {
    // Half is for rows, the other half for RocksDB; write buffers are charged to its cache, as are indexes and
    // filters.
    const std::size_t instances = std::max<std::size_t>(options.instances, 1);
    row_bytes_max_ = options.memory_bytes / 2 / instances;
    const std::size_t theirs = options.memory_bytes / 2;
    const auto cache = rocksdb::NewLRUCache(theirs, -1, false, 0.5);
    const std::size_t buffers = theirs / 2;
    db_.write_buffer_manager = std::make_shared<rocksdb::WriteBufferManager>(buffers, cache);
    db_.write_buffer_size = std::max<std::size_t>(buffers / (2 * instances), 1u << 20);
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    table.optimize_filters_for_memory = true;
    table.whole_key_filtering = true;
    db_.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    db_.create_if_missing = true;
    db_.error_if_exists = true;
    db_.max_open_files = 256;
    db_.info_log_level = rocksdb::InfoLogLevel::FATAL_LEVEL;
    db_.keep_log_file_num = 1;
    db_.avoid_flush_during_shutdown = true;  // nobody will read it
    db_.compression = rocksdb::kNoCompression;
    make_folder();
  }
  ~rocksdb_backend() override {
    std::error_code ignored;  // a folder for temporary files: what is left there is no failure of the job
    std::filesystem::remove_all(folder_, ignored);
  }

  std::unique_ptr<ordered_store> open(const std::string& operator_name, std::size_t instance) override {
    static_cast<void>(operator_name);
    const std::string path = folder_ + "/" + std::to_string(opened_.fetch_add(1)) + "-" + std::to_string(instance);
    return std::make_unique<rocksdb_store>(path, db_);
  }
  [[nodiscard]] std::size_t row_bytes_max() const noexcept override { return row_bytes_max_; }
  [[nodiscard]] std::size_t rows_max() const noexcept override { return options_.rows_max; }

 private:
  void make_folder() {
    std::error_code problem;
    std::string base = options_.directory;
    if (base.empty()) base = std::filesystem::temp_directory_path(problem).string();
    if (!problem) std::filesystem::create_directories(base, problem);
    std::string name = base + "/sage-state-XXXXXX";
    if (problem || ::mkdtemp(name.data()) == nullptr) {
      throw error(
          errc::io,
          std::string("no folder for state can be made: ") + (problem ? problem.message() : std::strerror(errno)),
          base, "name a folder that can be written with --state-dir");
    }
    folder_ = name;
  }

  rocksdb_options options_;
  rocksdb::Options db_;
  std::string folder_;
  std::size_t row_bytes_max_ = 0;
  std::atomic<std::size_t> opened_ = 0;
};

}  // namespace

bool has_rocksdb() noexcept {
  return true;
}

std::shared_ptr<state_backend> make_rocksdb_backend(const rocksdb_options& options) {
  return std::make_shared<rocksdb_backend>(options);
}

}  // namespace sage::state

#else

namespace sage::state {

bool has_rocksdb() noexcept {
  return false;
}

std::shared_ptr<state_backend> make_rocksdb_backend(const rocksdb_options&) {
  throw error(errc::unsupported, "this build has no RocksDB", "state",
              "build with librocksdb-dev installed, or keep state in memory");
}

}  // namespace sage::state

#endif
