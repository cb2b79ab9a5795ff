-- tool_classes: what kind of work a tool does, by its name in lower case; a working table of one connection, made once.
-- Grain: one row per name. All agents together, because no two mean different things by one name. Names from the agents'
-- own sources and from recorded telemetry; a tool of an MCP server is told by its name's shape in 50_tool_calls.sql.
-- What is not here is `other`.

create or replace temp table tool_classes as
select distinct lower(unnest(names)) as tool_name, tool_class
from (values
    ('edit', [
        'Edit', 'MultiEdit', 'Write', 'NotebookEdit',                       -- Claude Code
        'apply_patch',                                                      -- Codex, opencode, Copilot CLI
        'replace', 'write_file',                                            -- Gemini CLI, Qwen Code
        'create', 'str_replace', 'str_replace_editor', 'insert',            -- Copilot CLI
        'patch', 'multiedit'                                                -- opencode
    ]),
    ('read', [
        'Read', 'NotebookRead',
        'view_image',                                                       -- Codex
        'read_file', 'read_many_files',                                     -- Gemini CLI, Qwen Code
        'view'                                                              -- Copilot CLI
    ]),
    ('search', [
        'Grep', 'Glob', 'LS', 'LSP',
        'grep_files', 'list_dir', 'read_dir',                               -- Codex
        'search_file_content', 'grep_search', 'list_directory',             -- Gemini CLI, Qwen Code
        'rg', 'list', 'lsp_diagnostics', 'lsp_hover'          -- Copilot CLI, opencode
    ]),
    ('shell', [
        'Bash', 'PowerShell', 'BashOutput', 'KillShell', 'KillBash', 'Monitor',
        'shell', 'local_shell', 'shell_command', 'container.exec', 'exec_command', 'write_stdin', 'unified_exec',  -- Codex
        'run_shell_command',                                                -- Gemini CLI, Qwen Code
        'read_bash', 'write_bash', 'stop_bash', 'list_bash',                -- Copilot CLI
        'read_powershell', 'write_powershell', 'stop_powershell', 'list_powershell'
    ]),
    ('web', [
        'WebFetch', 'WebSearch', 'web_search', 'web_fetch', 'google_web_search', 'fetch', 'codesearch'
    ]),
    ('agent', [
        'Agent', 'Task', 'TaskOutput', 'TaskStop', 'AgentOutputTool', 'SendMessage', 'Workflow',
        'spawn_agent', 'send_input', 'wait_agent', 'resume_agent', 'close_agent',  -- Codex
        'codebase_investigator', 'delegate_to_agent', 'cli_help',           -- Gemini CLI
        'read_agent', 'list_agents'                                         -- Copilot CLI
    ]),
    ('mcp', [
        'mcp_tool', 'mcp', 'ListMcpResourcesTool', 'ReadMcpResourceTool',
        'list_mcp_resources', 'list_mcp_resource_templates', 'read_mcp_resource'
    ])
) t(tool_class, names);
