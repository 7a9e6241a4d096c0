/** Every endpoint of the Coze API. */
import type * as Endpoint from "../../Endpoint.ts"
import * as ApiApps from "./ApiApps.ts"
import * as ApiAppsEvents from "./ApiAppsEvents.ts"
import * as Apps from "./Apps.ts"
import * as AppsCollaborators from "./AppsCollaborators.ts"
import * as AudioLive from "./AudioLive.ts"
import * as AudioRooms from "./AudioRooms.ts"
import * as AudioSpeech from "./AudioSpeech.ts"
import * as AudioTranscriptions from "./AudioTranscriptions.ts"
import * as AudioVoiceprintGroups from "./AudioVoiceprintGroups.ts"
import * as AudioVoiceprintGroupsFeatures from "./AudioVoiceprintGroupsFeatures.ts"
import * as AudioVoices from "./AudioVoices.ts"
import * as BenefitLimitations from "./BenefitLimitations.ts"
import * as Benefits from "./Benefits.ts"
import * as BillTasks from "./BillTasks.ts"
import * as Bots from "./Bots.ts"
import * as BotsCollaborationModes from "./BotsCollaborationModes.ts"
import * as BotsCollaborators from "./BotsCollaborators.ts"
import * as BotsVersions from "./BotsVersions.ts"
import * as Chat from "./Chat.ts"
import * as ChatMessages from "./ChatMessages.ts"
import * as Connectors from "./Connectors.ts"
import * as ConnectorsBots from "./ConnectorsBots.ts"
import * as Conversations from "./Conversations.ts"
import * as ConversationsMessages from "./ConversationsMessages.ts"
import * as ConversationsMessagesFeedback from "./ConversationsMessagesFeedback.ts"
import * as Datasets from "./Datasets.ts"
import * as DatasetsDocuments from "./DatasetsDocuments.ts"
import * as DatasetsImages from "./DatasetsImages.ts"
import * as EnterprisesMembers from "./EnterprisesMembers.ts"
import * as EnterprisesOrganizations from "./EnterprisesOrganizations.ts"
import * as Files from "./Files.ts"
import * as Folders from "./Folders.ts"
import * as KnowledgeDocuments from "./KnowledgeDocuments.ts"
import * as StoresPlugins from "./StoresPlugins.ts"
import * as Templates from "./Templates.ts"
import * as Users from "./Users.ts"
import * as Variables from "./Variables.ts"
import * as Workflows from "./Workflows.ts"
import * as WorkflowsChat from "./WorkflowsChat.ts"
import * as WorkflowsCollaborators from "./WorkflowsCollaborators.ts"
import * as WorkflowsRuns from "./WorkflowsRuns.ts"
import * as WorkflowsRunsRunHistoriesExecuteNodes from "./WorkflowsRunsRunHistoriesExecuteNodes.ts"
import * as WorkflowsVersions from "./WorkflowsVersions.ts"
import * as Workspaces from "./Workspaces.ts"
import * as WorkspacesMembers from "./WorkspacesMembers.ts"

/**
 * Lists all endpoints of the Coze API.
 *
 * @category endpoints
 */
export const endpoints: ReadonlyArray<Endpoint.Any> = [
  ApiApps.create,
  ApiApps.update,
  ApiApps.delete,
  ApiApps.list,
  ApiAppsEvents.create,
  ApiAppsEvents.delete,
  ApiAppsEvents.list,
  Apps.list,
  AppsCollaborators.create,
  AppsCollaborators.delete,
  AudioLive.retrieve,
  AudioRooms.create,
  AudioSpeech.create,
  AudioTranscriptions.create,
  AudioVoiceprintGroups.create,
  AudioVoiceprintGroups.list,
  AudioVoiceprintGroups.update,
  AudioVoiceprintGroups.delete,
  AudioVoiceprintGroupsFeatures.create,
  AudioVoiceprintGroupsFeatures.update,
  AudioVoiceprintGroupsFeatures.delete,
  AudioVoiceprintGroupsFeatures.list,
  AudioVoiceprintGroupsFeatures.speakerIdentify,
  AudioVoices.clone,
  AudioVoices.list,
  BenefitLimitations.create,
  Benefits.retrieve,
  BillTasks.list,
  Bots.create,
  Bots.update,
  Bots.list,
  Bots.listNew,
  Bots.publish,
  Bots.unpublish,
  Bots.retrieve,
  Bots.retrieveNew,
  BotsCollaborationModes.update,
  BotsCollaborators.create,
  BotsCollaborators.delete,
  BotsVersions.list,
  Chat.create,
  Chat.stream,
  Chat.retrieve,
  Chat.cancel,
  Chat.submitToolOutputs,
  Chat.submitToolOutputsStream,
  ChatMessages.list,
  Connectors.bind,
  Connectors.install,
  ConnectorsBots.update,
  Conversations.create,
  Conversations.retrieve,
  Conversations.list,
  Conversations.update,
  Conversations.clear,
  Conversations.delete,
  ConversationsMessages.create,
  ConversationsMessages.update,
  ConversationsMessages.retrieve,
  ConversationsMessages.list,
  ConversationsMessages.delete,
  ConversationsMessagesFeedback.create,
  ConversationsMessagesFeedback.delete,
  Datasets.create,
  Datasets.list,
  Datasets.update,
  Datasets.delete,
  Datasets.process,
  DatasetsDocuments.list,
  DatasetsDocuments.create,
  DatasetsDocuments.delete,
  DatasetsDocuments.update,
  DatasetsImages.list,
  DatasetsImages.update,
  EnterprisesMembers.create,
  EnterprisesMembers.update,
  EnterprisesMembers.delete,
  EnterprisesOrganizations.create,
  Files.upload,
  Files.retrieve,
  Folders.list,
  Folders.retrieve,
  KnowledgeDocuments.list,
  KnowledgeDocuments.create,
  KnowledgeDocuments.delete,
  KnowledgeDocuments.update,
  StoresPlugins.list,
  Templates.duplicate,
  Users.me,
  Variables.update,
  Variables.retrieve,
  Workflows.list,
  Workflows.retrieve,
  WorkflowsChat.stream,
  WorkflowsCollaborators.delete,
  WorkflowsRuns.create,
  WorkflowsRuns.stream,
  WorkflowsRuns.resume,
  WorkflowsRuns.history,
  WorkflowsRunsRunHistoriesExecuteNodes.retrieve,
  WorkflowsVersions.list,
  Workspaces.list,
  WorkspacesMembers.create,
  WorkspacesMembers.delete,
  WorkspacesMembers.list
]
