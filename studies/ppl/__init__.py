"""Does progressive patch learning give better maps than a plain CAM, and why?"""
