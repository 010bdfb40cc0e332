// links: engine/look/http_head.cc
// What is read of an HTTP/1 head, at each place where the bytes can be torn, beyond the bound, and
// out of bytes that are something else.
#include "engine/look/http_head.h"

#include <stdlib.h>
#include <string.h>

#include <random>
#include <string>

#include "tap.h"

namespace {

using rondo::DecodePercent;
using rondo::HttpHead;
using rondo::kMostHeadBytes;
using rondo::Reading;
using tap::is;
using tap::ok;

std::string Text(std::string_view text) { return std::string(text); }

const std::string kPolling =
    "GET /socket.io/?EIO=4&transport=polling&t=P1&sid=aB3_x-9AAAC HTTP/1.1\r\n"
    "Host: api.example.com:8080\r\n"
    "User-Agent: a client; sid=not-this\r\n"
    "X-Cookie: io=not-this\r\n"
    "cookie: a=1;  io=\"s3cr;et\"; io2=x\r\n"
    "COOKIE: io=second; connect.sid=s%3Aabc.def%2Fg\r\n"
    "X-Forwarded-For: 192.0.2.7:1234, 198.51.100.1\r\n"
    "\r\n";

void TestFields() {
  HttpHead head;
  ok(head.Read(kPolling) == Reading::kComplete, "a whole head is complete");
  is(Text(head.Query("sid")), "aB3_x-9AAAC", "a parameter of the query");
  is(Text(head.Query("EIO")), "4", "the first parameter");
  is(Text(head.Query("si")), "", "no part of a name");
  is(Text(head.Host()), "api.example.com", "Host without its port");
  is(Text(head.Cookie("a")), "1", "a cookie");
  is(Text(head.Cookie("io2")), "x", "the last of its header");
  is(Text(head.Cookie("connect.sid")), "s%3Aabc.def%2Fg", "one of another Cookie header");
  is(Text(head.Cookie("not")), "", "no such cookie");
  is(Text(head.ForwardedFor()), "192.0.2.7", "the first address, without a port");

  const std::string post = kPolling + "a body: sid=x\r\n\r\n";
  ok(head.Read(post) == Reading::kComplete, "a body may follow");
  is(Text(head.Cookie("connect.sid")), "s%3Aabc.def%2Fg", "and is not read");
}

void TestForms() {
  const struct {
    const char* name;
    std::string bytes;
    const char* host;
    const char* sid;
    const char* client;
  } kForms[] = {
      {"bare LF", "GET /?sid=1 HTTP/1.0\nhost: a\n\n", "a", "1", ""},
      {"an empty line before it", "\r\nGET /?sid=1 HTTP/1.1\r\nHost: a\r\n\r\n", "a", "1", ""},
      {"no headers", "GET /?sid=1 HTTP/1.1\r\n\r\n", "", "1", ""},
      {"blanks around a value", "GET / HTTP/1.1\r\nHost: \t a \t\r\n\r\n", "a", "", ""},
      {"IPv6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\nx-forwarded-for: 2001:db8::1\r\n\r\n", "::1",
       "", "2001:db8::1"},
      {"IPv6 in brackets", "GET / HTTP/1.1\r\nX-Forwarded-For: [2001:db8::1]:99, ::2\r\n\r\n", "",
       "", "2001:db8::1"},
      {"an absolute target", "GET http://u:p@b:80/?sid=2 HTTP/1.1\r\nHost: a\r\n\r\n", "b", "2",
       ""},
      {"an encoded name", "GET /?s%69d=3 HTTP/1.1\r\n\r\n", "", "3", ""},
      {"a parameter without a value", "GET /?sid&x=1&sid=4 HTTP/1.1\r\n\r\n", "", "4", ""},
      {"an empty value", "GET /?sid=&x HTTP/1.1\r\n\r\n", "", "", ""},
      {"a fragment", "GET /?sid=5#sid=6 HTTP/1.1\r\n\r\n", "", "5", ""},
      {"blanks in the target", "GET /?a=b c&sid=7 HTTP/1.1\r\n\r\n", "", "7", ""},
      {"an empty first address",
       "GET / HTTP/1.1\r\nX-Forwarded-For: \r\nX-Forwarded-For: b\r\n\r\n", "", "", "b"},
  };
  for (const auto& form : kForms) {
    HttpHead head;
    const bool is_complete = head.Read(form.bytes) == Reading::kComplete;
    ok(is_complete && head.Host() == form.host && head.Query("sid") == form.sid &&
           head.ForwardedFor() == form.client,
       form.name);
  }
  HttpHead head;
  head.Read("GET / HTTP/1.1\r\nCookie: io=\"quoted\"; b=c=d;=e; f\r\n\r\n");
  is(Text(head.Cookie("io")), "quoted", "a cookie in quotes");
  is(Text(head.Cookie("b")), "c=d", "an equals sign in a value");
  is(Text(head.Cookie("f")), "", "a cookie without a value");
}

void TestTorn() {
  int wrong = 0;
  for (size_t size = 0; size < kPolling.size(); size++) {
    HttpHead head;
    // In memory of its own, so that a sanitizer sees what reads beyond it.
    const std::string torn = kPolling.substr(0, size);
    if (head.Read(torn) != Reading::kMore) wrong++;
    const std::string_view sid = head.Query("sid");
    if (!sid.empty() && sid != "aB3_x-9AAAC") wrong++;
    const std::string_view client = head.ForwardedFor();
    if (!client.empty() && client != "192.0.2.7") wrong++;
  }
  is(wrong, 0, "torn anywhere it is not complete, and no value is half of one");
}

void TestNotHttp() {
  const std::string kOthers[] = {
      std::string("\x16\x03\x01\x00", 4),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "SSH-2.0-OpenSSH_9.2\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
      "POST /\r\n",
      " GET / HTTP/1.1\r\n",
      "get / HTTP/1.1\r\n",
      "ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n",
      std::string("HEAD \0 HTTP", 11),
      std::string("PUT \x01", 5),
  };
  for (const std::string& other : kOthers) {
    HttpHead head;
    ok(head.Read(other) == Reading::kNotThis, "not HTTP/1: " + other.substr(0, 4));
  }
}

void TestBound() {
  HttpHead head;
  std::string long_head = "GET /?sid=1 HTTP/1.1\r\nHost: a\r\nX: ";
  long_head += std::string(kMostHeadBytes, 'x');
  ok(head.Read(long_head.substr(0, kMostHeadBytes - 1)) == Reading::kMore, "below the bound: more");
  ok(head.Read(long_head) == Reading::kComplete, "a longer head is complete at the bound");
  ok(head.Query("sid") == "1" && head.Host() == "a", "with what is before it");
  const std::string long_line = "GET /" + std::string(kMostHeadBytes, 'x');
  ok(head.Read(long_line) == Reading::kComplete, "a request line beyond the bound ends it, too");
  ok(head.target().empty() && head.Query("sid").empty(), "and tells nothing");
}

void TestDecode() {
  const struct {
    const char* encoded;
    bool plus_is_blank;
    const char* wanted;
  } kCases[] = {
      {"abc", true, "abc"},     {"s%3Aabc.def%2fg", false, "s:abc.def/g"},
      {"a+b", true, "a b"},     {"a+b", false, "a+b"},
      {"%", true, "%"},         {"%4", true, "%4"},
      {"%zz%41", true, "%zzA"},
  };
  for (const auto& one : kCases) {
    char out[64];
    const size_t size = DecodePercent(one.encoded, one.plus_is_blank, out, sizeof(out));
    is(std::string(out, size), one.wanted, std::string("decoded: ") + one.encoded);
  }
  char small[2];
  is(static_cast<long long>(DecodePercent("abc", true, small, 2)), 2, "no more than there is room");
}

// Whatever comes: an answer, and what is returned lies within the bytes.
void TestMutations() {
  std::mt19937 random(1);
  int outside = 0;
  int grown = 0;
  for (int round = 0; round < 40000; round++) {
    std::string bytes = kPolling;
    for (int i = static_cast<int>(random() % 6); i >= 0; i--) {
      const size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, random() % 20);
          break;
        case 2:
          bytes.insert(at, std::string(random() % 20, " \r\n:;=&%?"[random() % 9]));
          break;
        default:
          bytes.resize(at + 1);
      }
      if (bytes.empty()) bytes = "G";
    }
    // Of exactly that size, for the sanitizer.
    const std::string copy(bytes.data(), bytes.size());
    HttpHead head;
    const Reading reading = head.Read(copy);
    const std::string_view found[] = {head.target(), head.Query("sid"), head.Cookie("io"),
                                      head.Host(), head.ForwardedFor()};
    for (const std::string_view text : found) {
      if (text.empty()) continue;
      if (text.data() < copy.data() || text.data() + text.size() > copy.data() + copy.size()) {
        outside++;
      }
    }
    // More bytes never make another thing of it.
    HttpHead more;
    const std::string longer = copy + "x\r\n\r\n";
    const Reading after = more.Read(longer);
    if (reading == Reading::kNotThis && after != Reading::kNotThis) grown++;
    if (reading == Reading::kComplete && more.Query("sid") != head.Query("sid")) grown++;
  }
  is(outside, 0, "40,000 mutations: nothing outside of the bytes");
  is(grown, 0, "40,000 mutations: no other answer with more bytes");
}

}  // namespace

int main() {
  TestFields();
  TestForms();
  TestTorn();
  TestNotHttp();
  TestBound();
  TestDecode();
  TestMutations();
  return tap::done();
}
