"""Access groups."""

import made

from torc.openapi_client import AccessGroupModel, UserGroupMembershipModel


def access_groups(api):
    made.sign_in(api)
    workflow = made.workflow(api)
    group = api.create_access_group(AccessGroupModel(name="team", description="d"))
    assert api.get_access_group(group.id).name == "team"
    assert group.id in [one.id for one in api.list_access_groups(offset=0, limit=100).items]
    for user, role in (("ada", "admin"), ("bob", "member")):
        added = api.add_user_to_group(group.id, UserGroupMembershipModel(group_id=group.id, user_name=user, role=role))
        assert (added.user_name, added.role) == (user, role)
    members = api.list_group_members(group.id)
    assert [one.user_name for one in members.items] == ["ada", "bob"]
    assert (members.offset, members.total_count, members.has_more) == (0, 2, False)
    assert [one.id for one in api.list_user_groups("bob").items] == [group.id]
    link = api.add_workflow_to_group(workflow.id, group.id)
    assert (link.workflow_id, link.group_id) == (workflow.id, group.id)
    assert [one.id for one in api.list_workflow_groups(workflow.id).items] == [group.id]
    access = api.check_workflow_access(workflow.id, "bob")
    assert (access.workflow_id, access.user_name, access.has_access) == (workflow.id, "bob", True)
    assert api.remove_workflow_from_group(workflow.id, group.id).group_id == group.id
    assert api.remove_user_from_group(group.id, "bob").user_name == "bob"
    assert api.delete_access_group(group.id).id == group.id


def reload_auth(api):
    made.sign_in(api)
    reply = api.reload_auth()
    assert reply.message
    assert reply.user_count >= 0
