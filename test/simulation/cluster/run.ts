import { register } from 'node:module';

register('./module-hooks.js', import.meta.url, { data: { mutant: undefined } });
const { main } = await import('./command.js');
await main(process.argv.slice(2));
