"""What takes a look inside the published client, and so is not for ours."""

import made

from torc.openapi_client.exceptions import BadRequestException
from torc.openapi_client.rest import RESTResponse


def broken_json_is_a_bad_request(api):
    client = api.api_client
    url = f"{client.configuration.host}/workflows"
    sent = client.rest_client.pool_manager.request("POST", url, body=b"{", headers={"Content-Type": "application/json"})
    reply = RESTResponse(sent)
    reply.read()
    assert made.raises(BadRequestException, client.response_deserialize, reply, {"400": "ErrorResponse"}).status == 400
