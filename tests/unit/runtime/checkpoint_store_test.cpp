// Checkpoints on the disk: whole or not there, and what is damaged is found.
#include "sage/runtime/checkpoint/checkpoint_store.hpp"

#include "sage/base/hash.hpp"
#include "sage/testing/simulated_disk.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::runtime;
using sage::testing::simulated_disk;

namespace {

std::vector<std::string> blocks(std::uint64_t epoch, std::uint32_t instance) {
  state::snapshot_writer writer;
  writer.begin_operator("counts", instance, 2);
  writer.put_value("epoch", epoch);
  for (int i = 0; i < 50; ++i) writer.put_row('r', stable_hash(i), std::to_string(i), std::to_string(i * epoch));
  return writer.take_blocks();
}

manifest manifest_of(std::uint64_t epoch, std::vector<manifest_file> files) {
  manifest made;
  made.job = "counting";
  made.run = "0123456789abcdef";
  made.epoch = epoch;
  made.operators = {{"counts", "counts", "aggregate", 2, false}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    made.instances.push_back({"counts[" + std::to_string(i) + "]", false, files[i]});
  }
  return made;
}

void write(checkpoint_store& store, std::uint64_t epoch) {
  REQUIRE(store.begin(epoch));
  std::vector<manifest_file> files;
  for (std::uint32_t i = 0; i < 2; ++i) files.push_back(store.write_snapshot(epoch, i, blocks(epoch, i)).value());
  REQUIRE(store.complete(manifest_of(epoch, std::move(files))));
}

std::uint64_t found_epoch(checkpoint_store& store, std::vector<error>& passed_over) {
  const auto found = find_checkpoint(store, std::nullopt, passed_over);
  return found ? found->content().epoch : 0;
}

}  // namespace

TEST_CASE("the newest whole checkpoint is found with all that was written", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  store.take();
  std::vector<error> passed_over;
  CHECK(found_epoch(store, passed_over) == 0);
  for (const std::uint64_t epoch : {1, 2, 3}) write(store, epoch);
  const auto found = find_checkpoint(store, std::nullopt, passed_over);
  REQUIRE(found);
  CHECK(found->content().epoch == 3);
  CHECK(found->reader_for("counts", 1, 2).get_value<std::uint64_t>("epoch") == 3u);
  CHECK(find_checkpoint(store, 2, passed_over)->content().epoch == 2);
  CHECK(passed_over.empty());
  CHECK_THROWS_WITH(find_checkpoint(store, 9, passed_over), Catch::Contains("there is no checkpoint 9"));
}

TEST_CASE("a checkpoint that was not completed is passed over", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  write(store, 1);
  REQUIRE(store.begin(2));
  REQUIRE(store.write_snapshot(2, 0, blocks(2, 0)));
  std::vector<error> passed_over;
  CHECK(found_epoch(store, passed_over) == 1);
  CHECK(passed_over.empty());  // the job had never gone on from it
}

TEST_CASE("any bit that is turned over is found, and the checkpoint before is used", "[checkpoint]") {
  test::for_each_seed(2000, [](auto& random) {
    simulated_disk disk(1);
    checkpoint_store store(disk, "dir");
    write(store, 1);
    write(store, 2);
    std::vector<std::string> files;
    for (const std::string& path : disk.paths()) {
      if (path.find("checkpoint-0000000002/") != std::string::npos) files.push_back(path);
    }
    REQUIRE(files.size() == 3);
    const std::string& path = files[random() % files.size()];
    INFO(path);
    REQUIRE(disk.flip_bit(path, random()));
    std::vector<error> passed_over;
    CHECK(found_epoch(store, passed_over) == 1);
    CHECK(passed_over.size() == 1);
    CHECK_FALSE(store.verify(store.list().front()));
  });
}

TEST_CASE("a file that is cut off, missing or another's is found", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  write(store, 1);
  write(store, 2);
  const std::string folder = store.path_of(2) + "/";
  const std::string first = disk.content(folder + "0000.snapshot");
  const std::string second = disk.content(folder + "0001.snapshot");
  const auto newest = [&] {
    std::vector<error> passed_over;
    return found_epoch(store, passed_over);
  };
  CHECK(newest() == 2);
  disk.put(folder + "0000.snapshot", first.substr(0, first.size() - 1));
  CHECK(newest() == 1);
  disk.put(folder + "0000.snapshot", second);
  CHECK(newest() == 1);
  disk.put(folder + "0000.snapshot", first);
  CHECK(newest() == 2);
  REQUIRE(disk.remove(folder + "0001.snapshot"));
  CHECK(newest() == 1);
  disk.put(folder + "0001.snapshot", second);
  disk.put(folder + "manifest", disk.content(store.path_of(1) + "/manifest"));
  CHECK(newest() == 1);
}

TEST_CASE("where no checkpoint is whole nothing begins from the start", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  write(store, 1);
  disk.flip_bit(store.path_of(1) + "/0000.snapshot", 900);
  std::vector<error> passed_over;
  CHECK_THROWS_WITH(find_checkpoint(store, std::nullopt, passed_over), Catch::Contains("no checkpoint is whole"));
}

TEST_CASE("a newer format is refused with what to do", "[checkpoint]") {
  manifest newer = manifest_of(1, {});
  newer.format = 2;
  const auto read = read_manifest(manifest_text(newer));
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == errc::unsupported);
  CHECK_THAT(read.error().what(), Catch::Contains("use the version of the program that wrote it"));
}

TEST_CASE("two processes don't share a folder", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store one(disk, "dir");
  one.take();
  checkpoint_store other(disk, "dir");
  CHECK_THROWS_WITH(other.take(), Catch::Contains("another process takes checkpoints there"));
  disk.crash();  // a lock dies with its owner
  CHECK_NOTHROW(other.take());
}

TEST_CASE("the newest are kept, and what was not completed before them goes", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  write(store, 1);
  write(store, 2);
  REQUIRE(store.begin(3));
  REQUIRE(store.write_snapshot(3, 0, blocks(3, 0)));
  write(store, 4);
  write(store, 5);
  CHECK(store.prune(2).value() == std::vector<std::uint64_t>{3, 2, 1});
  CHECK(store.list().size() == 2);
}

TEST_CASE("a sync that fails gives the checkpoint up", "[checkpoint]") {
  simulated_disk disk(1);
  checkpoint_store store(disk, "dir");
  write(store, 1);
  disk.how.sync_fails = 1000;
  CHECK_FALSE(store.begin(2));
  disk.how.sync_fails = 0;
  REQUIRE(store.begin(2));
  disk.how.sync_fails = 1000;
  CHECK_FALSE(store.write_snapshot(2, 0, blocks(2, 0)));
  disk.how.sync_fails = 0;
  std::vector<error> passed_over;
  CHECK(found_epoch(store, passed_over) == 1);
}

TEST_CASE("a crash at any moment leaves the checkpoint before or the new one, whole", "[checkpoint]") {
  std::size_t before = 0;
  std::size_t after = 0;
  test::for_each_seed(300, [&](auto& random) {
    simulated_disk disk(random());
    checkpoint_store store(disk, "dir");
    write(store, 1);
    const int until = static_cast<int>(random() % 5);
    if (until > 0) REQUIRE(store.begin(2));
    std::vector<manifest_file> files;
    for (std::uint32_t i = 0; i < 2 && until > static_cast<int>(i) + 1; ++i) {
      files.push_back(store.write_snapshot(2, i, blocks(2, i)).value());
    }
    if (until == 4) REQUIRE(store.complete(manifest_of(2, std::move(files))));
    disk.crash();
    std::vector<error> passed_over;
    const std::uint64_t found = found_epoch(store, passed_over);
    CHECK(found == (until == 4 ? 2 : 1));
    CHECK(passed_over.empty());
    (found == 1 ? before : after) += 1;
  });
  CHECK(before > 0);
  CHECK(after > 0);
}
