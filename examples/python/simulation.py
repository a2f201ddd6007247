"""Functions for map_function_across_workers.py."""


def run(job_name: str, input_params: dict) -> dict:
    return {
        "inputs": input_params,
        "result": 5,
        "output_data_path": f"/projects/my-project/{job_name}",
    }


def postprocess(results: list[dict]) -> dict:
    return {
        "total": sum(result["result"] for result in results),
        "output_data_paths": [result["output_data_path"] for result in results],
    }
