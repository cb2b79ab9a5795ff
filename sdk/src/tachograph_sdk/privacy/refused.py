"""What agents are known to send and what is refused: a reason, and what it holds for; `*` is one part of a name.

The policy makes a row of each. Some are texts that the preset `content` keeps, see content.py.
"""

from __future__ import annotations

__all__ = ["REFUSED"]

_TABLE: tuple[tuple[str, str], ...] = (
    (
        "the text of a prompt",
        "prompt prompt_text user_prompt user_system_prompt system_prompt",
    ),
    (
        "the text of an answer",
        "response response_text body body_ref completion",
    ),
    (
        "what a tool was given",
        "tool_input tool_parameters full_command bash_command bash_argv0 function_args",
    ),
    (
        "what a tool gave back",
        "tool_output tool_result output arguments",
    ),
    (
        "free text of an error, which may quote anything",
        "error error_message exception.message exception.stacktrace error.message",
    ),
    (
        "a path; of the file a tool worked on the pseudonym file is kept",
        "file_path github.copilot.tool.parameters.file_path",
    ),
    (
        "paths and file names",
        "workspace.host_paths cwd hook_name hook_matcher hook_definitions",
    ),
    (
        "the command line, and with it the prompt",
        "process.command_args process.command_line process.command",
    ),
    (
        "names a machine",
        "host.name host.id service.instance.id",
    ),
    (
        "names a person; the first of them that is present is kept as the pseudonym user_id",
        """
        user.email user.account_uuid user.account_id user.id user.groups identity.source enduser.id enduser.pseudo.id
        """,
    ),
    (
        "names a repository, branch or commit; kept as the pseudonym repository where the address is known",
        """
        vcs.repository.url.full vcs.owner.name vcs.repository.name vcs.provider.name vcs.ref.head.revision
        vcs.ref.head.name vcs.ref.head.type
        """,
    ),
    (
        "a server's or workflow's own name",
        "server_name workflow.name",
    ),
    (
        "the text of a request",
        "request_text trusted_content",
    ),
    (
        "why a model was chosen or a verdict given, in words that may quote the prompt",
        "reasoning analysis",
    ),
    (
        "what a subagent gave back",
        "result execution_summary",
    ),
    (
        "names an installation; kept as the pseudonym user_id where nothing names the person",
        "installation.id",
    ),
    (
        "names a user, a program or a process of the machine",
        "process.owner process.pid process.executable.path",
    ),
    (
        "where an extension comes from",
        "extension_source extension_id extension_ids",
    ),
    (
        "a verdict or policy that quotes the prompt",
        "policy tool_call verdict_rationale",
    ),
    (
        "not needed: details of Gemini CLI and Qwen Code",
        """
        experiments.ids process.runtime.version process.runtime.name process.runtime.description parent_call_id
        loop_type subagent_name request_setup_ms retry_total_delay_ms sampling_ms output_tokens_per_second
        tool.failure_kind qwen-code.prompt_id qwen-code.context.usage
        """,
    ),
    (
        "a hash of a plugin's name",
        "plugin_id_hash plugin_id",
    ),
    (
        "a path to, or the text of, settings",
        "managed_settings.*",
    ),
    (
        "not needed: says again what another attribute says",
        """
        gen_ai.provider.name gen_ai.conversation.id gen_ai.system gen_ai.operation.name gen_ai.request.model
        gen_ai.response.id gen_ai.response.finish_reasons gen_ai.tool.name gen_ai.tool.call.id final_model
        model_swapped cost_usd_micros bash_command_class tool_name_safe
        """,
    ),
    (
        "not needed: details of hooks, settings and spans",
        """
        num_success num_blocking num_non_blocking_error num_cancelled stdout_chars additional_context_chars
        system_message_chars initial_user_message_chars num_outputs_persisted managed_settings.helper.*
        interaction.sequence parent.source queued_sends llm_request.context first_content_ms
        """,
    ),
    (
        "not needed",
        """
        anthropic.custom_base_url os.version wsl.version ccr.session.id plugin.version safe_mode managed_only
        has_hooks has_mcp host_owned_mcp skill_path_count command_path_count agent_path_count
        """,
    ),
    (
        "texts of messages, instructions and documents, as programs that follow the GenAI conventions may send them",
        """
        gen_ai.input.messages gen_ai.output.messages gen_ai.system_instructions gen_ai.prompt gen_ai.completion
        gen_ai.retrieval.documents gen_ai.retrieval.query.text gen_ai.evaluation.explanation gen_ai.memory.records
        gen_ai.memory.query.text llm.input_messages llm.output_messages input.value output.value embedding.embeddings
        retrieval.documents traceloop.entity.input traceloop.entity.output ai.prompt ai.prompt.messages
        ai.prompt.tools ai.prompt.toolChoice ai.response.text ai.response.object ai.response.reasoning
        ai.response.toolCalls ai.response.files ai.response.providerMetadata ai.schema ai.value ai.values ai.embedding
        ai.embeddings pydantic_ai.all_messages all_messages_events events final_result
        """,
    ),
    (
        "what a tool was given or gave back, or what tools there are, as such programs may send it",
        """
        gen_ai.tool.call.arguments gen_ai.tool.call.result gen_ai.tool.definitions model_request_parameters
        gen_ai.tool.description tool_arguments tool_response ai.toolCall.args ai.toolCall.result
        """,
    ),
    (
        "whatever a program attaches to its records, which may be anything",
        "metadata ai.telemetry.metadata traceloop.association.properties traceloop.entity.path ai.request.headers",
    ),
    (
        "names an address",
        "server.address server.port url.full url.path url.scheme http.route llm.headers gen_ai.openai.api_base",
    ),
    (
        "names what is installed",
        "github.copilot.context.skills github.copilot.context.mcp_server_names",
    ),
    (
        "not needed: details of GenAI spans",
        """
        gen_ai.agent.id gen_ai.agent.description gen_ai.agent.version gen_ai.agent.name gen_ai.data_source.id
        gen_ai.output.type gen_ai.request.choice.count gen_ai.request.max_tokens gen_ai.request.temperature
        gen_ai.request.top_p gen_ai.request.top_k gen_ai.request.seed gen_ai.request.frequency_penalty
        gen_ai.request.presence_penalty gen_ai.request.stop_sequences gen_ai.request.encoding_formats
        gen_ai.request.stream gen_ai.request.service_tier gen_ai.response.model gen_ai.token.type
        gen_ai.conversation.compacted gen_ai.embeddings.dimension.count gen_ai.tool.type openai.request.service_tier
        openai.response.system_fingerprint openai.api.type llm.is_streaming llm.invocation_parameters operation.name
        resource.name ai.telemetry.functionId ai.settings.maxRetries ai.settings.maxOutputTokens
        ai.settings.temperature ai.settings.topP ai.settings.topK ai.response.id ai.response.model
        ai.response.timestamp ai.response.msToFinish ai.response.avgOutputTokensPerSecond gen_ai.agent.call.id
        gen_ai.aggregated_usage gen_ai.is_streaming gen_ai.openai.request.service_tier gen_ai.task.status
        operation.cost pydantic_ai.cache traceloop.workflow.name input.mime_type output.mime_type
        embedding.invocation_parameters http.request.method stream logfire.msg logfire.json_schema agent_name
        model_name
        """,
    ),
    (
        "not needed: details of Copilot CLI's spans",
        """
        github.copilot.server_duration github.copilot.turn_id github.copilot.turn_count github.copilot.agent.type
        github.copilot.aiu github.copilot.service_request_id github.copilot.cost github.copilot.nano_aiu
        github.copilot.initiator process.executable.name process.exit.code
        """,
    ),
    (
        "text that one agent sends another, and which threads they are",
        "content sender_thread_id receiver_thread_id",
    ),
    (
        "names of servers, and where they run",
        "mcp_servers mcp_server_origin",
    ),
    (
        "not needed: details of Codex's settings, sign-in and build",
        """
        env auth_mode approval_policy sandbox_policy reasoning_summary context_window auto_compact_token_limit
        config.legacy_multi_agent_disabled_sources auth.* code.*.* thread.name target busy_ns idle_ns
        image_input_count local_image_input_count plugin_install.tool_name plugin_install.tool_id os_version
        telemetry.sdk.*
        """,
    ),
)

REFUSED: tuple[tuple[str, tuple[str, ...]], ...] = tuple((why, tuple(names.split())) for why, names in _TABLE)
"""(why, which attributes)"""
