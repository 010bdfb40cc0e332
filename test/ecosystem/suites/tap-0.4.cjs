// As much of tap 0.4 as recluster's own tests use. That release needs a hundred packages, and what came after it has
// other names. A line for each assertion: whether it holds, its test, and what it says.
'use strict';

class Test {
  #name;
  #subtests = [];

  constructor(name) {
    this.#name = name;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  test(name, run) {
    this.#subtests.push([name, run]);
  }

  ok(value, message) {
    // What an error says after its name may have a port in it.
    console.log(`${value ? 'ok' : 'not ok'} | ${this.#name} | ${`${message}`.split(/ ?Error/)[0]}`);
  }

  equal(one, other, message) {
    this.ok(one === other, message);
  }

  equals(one, other, message) {
    this.ok(one === other, message);
  }

  notEquals(one, other, message) {
    this.ok(one !== other, message);
  }

  async runSubtests() {
    for (const [name, run] of this.#subtests) {
      const subtest = new Test(this.#name);
      run(subtest);
      await subtest.ended;
      if (name === '-> teardown') console.log(`end | ${this.#name} | teardown`);
    }
  }
}

let last = Promise.resolve();

exports.test = (name, define) => {
  last = last.then(() => {
    const test = new Test(name);
    define(test);
    return test.runSubtests();
  });
};
