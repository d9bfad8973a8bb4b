/**
 * Closes a run with one line `N passed, N failed, N skipped` from Jest's own result. Above it stands one line for each suite
 * that could not run here: `describeWith` names such a suite `[not run: <what is missing>: <reason>] <suite>`.
 */
module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const notRun = new Set();
    for (const file of results.testResults)
      for (const test of file.testResults) {
        const title = test.ancestorTitles.find((name) => name.startsWith('[not run: '));
        if (title) notRun.add(title);
      }
    const broken = results.numRuntimeErrorTestSuites;
    const failed = results.numFailedTests + broken;
    const skipped = results.numPendingTests + results.numTodoTests;
    for (const line of notRun) process.stdout.write(`${line}\n`);
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
  }
};
