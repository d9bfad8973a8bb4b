import { explained, tsunagari } from './tsunagari';

tsunagari(process.argv.slice(2), (text, code) => void (code === 0 ? process.stdout : process.stderr).write(text)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${explained(error)}\n`);
    process.exitCode = 1;
  },
);
