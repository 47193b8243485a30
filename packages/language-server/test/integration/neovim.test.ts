import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../bin/kickstart-language-server.js');

/** What docs/editor.md has for Neovim, and then a person at work: what was found, hover, completion, formatting, a fix. */
const SCRIPT = `
local cmd = { vim.env.SERVER_NODE, vim.env.SERVER, '--stdio' }
local config = { name = 'kickstart', cmd = cmd, root_dir = vim.fn.getcwd() }
local id
if vim.lsp.start then
  id = vim.lsp.start(config)
else
  id = vim.lsp.start_client(config)
  vim.lsp.buf_attach_client(0, id)
end
local long = 60000
local found = vim.wait(long, function() return #vim.diagnostic.get(0) > 0 end, 20)
local function ask(method, extra)
  local params = vim.lsp.util.make_position_params(0, 'utf-16')
  for key, value in pairs(extra or {}) do params[key] = value end
  local answers = vim.lsp.buf_request_sync(0, method, params, long)
  for _, answer in pairs(answers or {}) do return answer.result end
end
local first = vim.diagnostic.get(0)[1]
vim.api.nvim_win_set_cursor(0, { 2, 2 })
local hover = ask('textDocument/hover')
vim.api.nvim_win_set_cursor(0, { 1, 0 })
vim.api.nvim_buf_set_lines(0, 2, -1, false, { 'clearpart   --all', 'clearpart --' })
vim.api.nvim_win_set_cursor(0, { 4, 12 })
local items = ask('textDocument/completion', { position = { line = 3, character = 12 } })
vim.api.nvim_buf_set_lines(0, 3, -1, false, {})
vim.wait(long, function() return #vim.diagnostic.get(0) == 0 end, 20)
if vim.lsp.buf.format then vim.lsp.buf.format({ timeout_ms = long }) else vim.lsp.buf.formatting_sync(nil, long) end
local labels = {}
for _, item in ipairs(items.items or items) do table.insert(labels, item.label) end
io.stdout:write(vim.json and vim.json.encode({
  found = found, code = first.code or first.user_data.lsp.code, row = first.lnum, hover = hover.contents.value, labels = labels,
  left = #vim.diagnostic.get(0), text = vim.api.nvim_buf_get_lines(0, 0, -1, false),
}) .. '\\n')
vim.cmd('qa!')
`;

const neovim = await execa('nvim', ['--version'], { reject: false });

test.skipIf(neovim.failed)(
  'a real Neovim finds, shows, completes and formats (skipped without nvim: ./setup brings it)',
  async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'kickstarts-neovim-')));
    try {
      await writeFile(join(folder, 'my.ks'), '#version=F44\nlang en_US.UTF-8\nclearpart --nosuch\n');
      await writeFile(join(folder, 'person.lua'), SCRIPT);
      const { stdout, stderr } = await execa(
        'nvim',
        ['--headless', '-u', 'NONE', '-i', 'NONE', '-n', 'my.ks', '-c', 'luafile person.lua'],
        {
          cwd: folder,
          env: {
            SERVER: PROGRAM,
            SERVER_NODE: process.execPath,
            HOME: folder,
            XDG_STATE_HOME: folder,
            XDG_CACHE_HOME: folder,
          },
          timeout: 300_000,
          stdin: 'ignore',
        },
      );
      const report: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? stderr);
      expect(report, stderr).toMatchObject({
        found: true,
        code: 'KS_UNKNOWN_OPTION',
        row: 2,
        hover: expect.stringContaining('The language of the system.'),
        labels: expect.arrayContaining(['--all', '--initlabel']),
        left: 0,
        text: ['#version=F44', 'lang en_US.UTF-8', 'clearpart --all'],
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
