// tests/codegen/content_hash.cpp: different contents have different names.
#include "codegen/tool/content_hash.hpp"

#include <set>

#include "catch.hpp"
#include "support/folder.hpp"

using dimwise::tool::content_hash;

TEST_CASE("equal contents hash alike, others do not") {
  CHECK(content_hash().add("abc").hex() == content_hash().add("abc").hex());
  CHECK(content_hash().add("abc").hex().size() == 32);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; i++) seen.insert(content_hash().add(std::string(std::size_t(i), 'a')).hex());
  for (int i = 0; i < 256; i++) seen.insert(content_hash().add("x" + std::string(1, char(i))).hex());
  CHECK(seen.size() == 1256);
  CHECK(content_hash().add("ab").add("c").hex() != content_hash().add("a").add("bc").hex());
}

TEST_CASE("an absent file is not an empty one") {
  const dimwise_tests::folder where;
  const std::string file = where.write("f", "");
  CHECK(content_hash().add_file(file).hex() != content_hash().add_file(where / "g").hex());
}
